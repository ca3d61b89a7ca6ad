//go:build !linux

package engines

import (
	"errors"
	"syscall"
)

// attr returns the attributes of a process of the account.
func (a account) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if a.other {
		attr.Credential = &syscall.Credential{Uid: otherID, Gid: otherID}
	}
	return attr
}

func passCapability() (uintptr, error) {
	return 0, errors.New("this system has no capabilities")
}
