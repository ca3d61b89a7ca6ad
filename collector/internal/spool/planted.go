package spool

import "os"

// unsynced is the file of failpoint.SpoolUnsynced: it keeps what is written in memory until it is
// closed, as the kernel does with what is not synced.
type unsynced struct {
	file *os.File
	buf  []byte
}

func (u *unsynced) Write(b []byte) (int, error) {
	u.buf = append(u.buf, b...)
	return len(b), nil
}

func (u *unsynced) Sync() error { return nil }

func (u *unsynced) Close() error {
	if _, err := u.file.Write(u.buf); err != nil {
		return err
	}
	return u.file.Close()
}
