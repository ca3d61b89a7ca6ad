package proc_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"noctra/internal/proc"
)

const envChild = "PROC_TEST_CHILD"

// TestMain makes this program the child that the test starts.
func TestMain(m *testing.M) {
	if os.Getenv(envChild) == "" {
		os.Exit(m.Run())
	}
	ctx, cancel := proc.Context(context.Background())
	defer cancel()
	<-ctx.Done()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for range 50 {
		<-ticker.C
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

// A signal that comes after the end of a child's standard input does not keep it from stopping in
// order: whoever stops a child sends both at once, and either may come first.
func TestSignalAfterEndOfInput(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), envChild+"=1", "NOCTRA_STOP_WITH_STDIN=1")
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("child ended with %v, want status 0\n%s", err, out)
	}
}
