package up

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
)

// clearLeftover removes the ready.json of a run that was killed, and ends processes of that
// run that are still there. A process counts as one of them only when its arguments name this
// data directory, which nobody else owns now.
func clearLeftover(data *Data, log *slog.Logger) error {
	path := data.Path("ready.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read ready.json of the last run: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove ready.json of the last run: %w", err)
	}
	var last Ready
	if err := json.Unmarshal(raw, &last); err != nil {
		log.Warn("ready.json of the last run was not understood and is gone", "err", err)
	}
	for name, pid := range last.Pids {
		if pid > 1 && pid != os.Getpid() && names(pid, data.Dir) {
			log.Warn("ending a process that was left over", "process", name, "pid", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return nil
}

func names(pid int, dir string) bool {
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(args, []byte(dir))
}
