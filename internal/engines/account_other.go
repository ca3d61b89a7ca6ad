//go:build !linux

package engines

import (
	"errors"
	"os/exec"
	"syscall"
)

// command returns a command of the account. Here it does not die with this process by itself.
func (a account) command(_ syscall.Signal, path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if a.other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: otherID, Gid: otherID}
	}
	return cmd
}

// RunAs has to be the first call of every program that runs Postgres; here it does nothing.
func RunAs() {}

func passCapability() (uintptr, error) {
	return 0, errors.New("this system has no capabilities")
}
