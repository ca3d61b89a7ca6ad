//go:build !linux

package proc

import "syscall"

// dieWithParent has nothing to set here: children notice the end of their standard input.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
