package bench

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// pin lets the processes run on the first processor alone and this one on the others, so that a
// generator does not take from what it measures. free ends that for this process.
func pin(pids ...int) (free func(), err error) {
	if runtime.NumCPU() < 2 {
		return nil, fmt.Errorf("pin processes: %d processor, at least 2 are needed", runtime.NumCPU())
	}
	var before, first, others unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, fmt.Errorf("pin processes: %w", err)
	}
	for cpu := range 8 * len(before) * 8 {
		switch {
		case !before.IsSet(cpu):
		case first.Count() == 0:
			first.Set(cpu)
		default:
			others.Set(cpu)
		}
	}
	for _, pid := range pids {
		if err := allow(pid, &first); err != nil {
			return nil, err
		}
	}
	if err := allow(os.Getpid(), &others); err != nil {
		return nil, err
	}
	return func() { _ = allow(os.Getpid(), &before) }, nil
}

// allow sets where each thread of a process may run. Threads that it makes later are like theirs.
func allow(pid int, cpus *unix.CPUSet) error {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return fmt.Errorf("pin process %d: %w", pid, err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return fmt.Errorf("pin process %d: %w", pid, err)
		}
		if err := unix.SchedSetaffinity(id, cpus); err != nil && err != unix.ESRCH { // it has just ended
			return fmt.Errorf("pin process %d: %w", pid, err)
		}
	}
	return nil
}
