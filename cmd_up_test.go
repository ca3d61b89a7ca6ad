package main

import (
	"net"
	"testing"
	"time"
)

// TestAddressOfTheLastRun: a process of a run that was killed holds its address for a moment more.
func TestAddressOfTheLastRun(t *testing.T) {
	dying, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	c := upCmd{AdminAddr: dying.Addr().String(), CollectorAddr: free.Addr().String()}
	if err := c.tryAddresses(); err == nil {
		t.Fatal("an address in use is not noticed")
	}
	timer := time.AfterFunc(300*time.Millisecond, func() { _ = dying.Close() })
	defer timer.Stop()
	if err := c.checkAddresses(t.Context()); err != nil {
		t.Error(err)
	}
}
