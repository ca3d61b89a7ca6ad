package testenv

import (
	"os"
	"syscall"
)

const (
	memoryFolder = "/dev/shm"
	memoryNeeded = 2 << 30 // bytes; a test's Postgres has a few hundred MB at most
)

// inMemory makes a folder in the machine's memory, or returns none where there is no room. A database of
// Postgres is hundreds of files; to make and drop one for each test, a file system on disk needs several
// times as long.
func inMemory() string {
	var found syscall.Statfs_t
	if err := syscall.Statfs(memoryFolder, &found); err != nil || found.Bavail*uint64(found.Bsize) < memoryNeeded {
		return ""
	}
	dir, err := os.MkdirTemp(memoryFolder, "noctra-test-")
	if err != nil {
		return ""
	}
	return dir
}
