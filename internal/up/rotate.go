package up

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// maxLog is how large a log file grows before it becomes <name>.1, replacing the last one.
const maxLog = 16 << 20

// logFile is a log of bounded size, written to by one child process after the other.
type logFile struct {
	path string

	mu   sync.Mutex
	file *os.File
	size int64
}

// Log opens the log of that name in the data directory's folder of logs.
func (d *Data) Log(name string) (io.WriteCloser, error) { return d.openLog(name) }

func (d *Data) openLog(name string) (*logFile, error) {
	if err := os.MkdirAll(d.Path("logs"), 0o700); err != nil {
		return nil, fmt.Errorf("make folder of logs: %w", err)
	}
	return openLog(d.Path("logs", name+".log"))
}

func openLog(path string) (*logFile, error) {
	l := &logFile{path: path}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *logFile) open() error {
	file, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return fmt.Errorf("open log: %w", err)
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write implements io.Writer. A log that cannot be written must not stop the child, so what
// fails is lost.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size > maxLog {
		_ = l.file.Close()
		_ = os.Rename(l.path, l.path+".1")
		if err := l.open(); err != nil {
			l.size = 0
			return len(p), nil
		}
	}
	n, _ := l.file.Write(p)
	l.size += int64(n)
	return len(p), nil
}

// Close closes the file.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// tail returns the last lines of the log, at most n bytes.
func (l *logFile) tail(n int64) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	file, err := os.Open(l.path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	buf := make([]byte, min(n, l.size))
	read, _ := file.ReadAt(buf, max(0, l.size-n))
	return string(buf[:read])
}
