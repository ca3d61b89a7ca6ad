package engines

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// attr returns the attributes of a process of the account.
func (a account) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if a.other {
		attr.Credential = &syscall.Credential{Uid: otherID, Gid: otherID}
	}
	if a.caps != 0 {
		attr.AmbientCaps = []uintptr{a.caps}
	}
	return attr
}

// passCapability returns a capability that this process can pass on, with which a process may
// enter every folder. Reading is all it adds where the system allows to give just that.
func passCapability() (uintptr, error) {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("read capabilities: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		value, ok := strings.CutPrefix(line, "CapPrm:")
		if !ok {
			continue
		}
		permitted, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err != nil {
			return 0, fmt.Errorf("read capabilities: %w", err)
		}
		for _, capability := range []uintptr{unix.CAP_DAC_READ_SEARCH, unix.CAP_DAC_OVERRIDE} {
			if permitted&(1<<capability) != 0 {
				return capability, nil
			}
		}
	}
	return 0, errors.New("nor can it be given the capability to")
}
