package engines

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// envRunAs asks this program to become another one as otherID, with the capability of that
// number. See command.
const envRunAs = "NOCTRA_RUN_AS"

const secbitNoSetuidFixup = 1 << 2 // SECBIT_NO_SETUID_FIXUP of linux/securebits.h

// command returns a command of the account, which dies of sig when this process does.
//
// Where the account needs a capability to reach the program at all, this program is started
// once more to get there: the kernel looks the path up before the capability that os/exec can
// pass on takes effect. RunAs then takes the place of the program.
func (a account) command(sig syscall.Signal, path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: sig}
	switch {
	case a.caps != 0:
		cmd.Path = "/proc/self/exe"
		cmd.Err = nil
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d,%d", envRunAs, a.caps, sig))
	case a.other:
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: otherID, Gid: otherID}
	}
	return cmd
}

// RunAs has to be the first call of every program that runs Postgres. It returns at once,
// unless this process was started to become another program as another user.
func RunAs() {
	order := os.Getenv(envRunAs)
	if order == "" {
		return
	}
	fmt.Fprintln(os.Stderr, runAs(order, os.Args))
	os.Exit(126)
}

// runAs changes the user, keeping one capability, and replaces this process by the program
// args[0]. It only returns with an error.
func runAs(order string, args []string) error {
	var capability uint
	var sig int
	if _, err := fmt.Sscanf(order, "%d,%d", &capability, &sig); err != nil || capability > 31 {
		return fmt.Errorf("%s: %q is not understood", envRunAs, order)
	}
	// All of this concerns one thread, and the program takes its place.
	runtime.LockOSThread()
	// Keeps capabilities through the change of user, and lets access(2), with which Postgres
	// looks for its own files, respect them.
	if err := unix.Prctl(unix.PR_SET_SECUREBITS, secbitNoSetuidFixup, 0, 0, 0); err != nil {
		return fmt.Errorf("keep capabilities: %w", err)
	}
	for _, step := range []struct{ call, a, b, c uintptr }{
		{unix.SYS_SETGROUPS, 0, 0, 0},
		{unix.SYS_SETRESGID, otherID, otherID, otherID},
		{unix.SYS_SETRESUID, otherID, otherID, otherID},
	} {
		if _, _, errno := unix.RawSyscall(step.call, step.a, step.b, step.c); errno != 0 {
			return fmt.Errorf("become user %d: %w", otherID, errno)
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	mask := uint32(1) << capability
	data := [2]unix.CapUserData{{Effective: mask, Permitted: mask, Inheritable: mask}}
	if err := unix.Capset(&header, &data[0]); err != nil {
		return fmt.Errorf("set capabilities: %w", err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, uintptr(capability), 0, 0); err != nil {
		return fmt.Errorf("pass on capability: %w", err)
	}
	// The change of user has cleared it.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(sig), 0, 0, 0); err != nil {
		return fmt.Errorf("die with parent: %w", err)
	}
	if err := os.Unsetenv(envRunAs); err != nil {
		return fmt.Errorf("clear %s: %w", envRunAs, err)
	}
	return fmt.Errorf("run %q as user %d: %w", args[0], otherID, unix.Exec(args[0], args, os.Environ()))
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
