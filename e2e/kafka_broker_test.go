//go:build kafka && linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// broker is one process of Apache Kafka, broker and controller in one.
type broker struct {
	id         int
	libs       string
	dir        string
	addr       string // of clients
	controller string // address of the controllers among themselves
	cmd        *exec.Cmd
	exited     chan struct{}
}

const (
	clusterID   = "bm9jdHJhLXRlc3QtMDAwMQ" // 16 bytes in base 64
	brokerHeap  = "-Xmx256m"
	stopLimit   = 3 * time.Minute // of a controlled shutdown, which hands over its partitions
	formatLimit = 3 * time.Minute
)

// java prepares a run of one of Kafka's programs that dies with the test.
func (b *broker) java(args ...string) *exec.Cmd {
	options := []string{
		"-Xms128m", brokerHeap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true",
		"-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS", "-cp", filepath.Join(b.libs, "*"),
	}
	cmd := exec.Command("java", append(options, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd
}

func (b *broker) properties() string { return filepath.Join(b.dir, "server.properties") }
func (b *broker) log() string        { return filepath.Join(b.dir, "broker.log") }

// format writes the properties and makes the directory of data. voters names all controllers.
func (b *broker) format(voters []string) error {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	copies := min(3, len(voters))
	settings := []string{
		"process.roles=broker,controller",
		fmt.Sprintf("node.id=%d", b.id),
		"controller.quorum.voters=" + strings.Join(voters, ","),
		"listeners=PLAINTEXT://" + b.addr + ",CONTROLLER://" + b.controller,
		"advertised.listeners=PLAINTEXT://" + b.addr,
		"controller.listener.names=CONTROLLER",
		"inter.broker.listener.name=PLAINTEXT",
		"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"log.dirs=" + filepath.Join(b.dir, "data"),
		fmt.Sprintf("default.replication.factor=%d", copies),
		fmt.Sprintf("min.insync.replicas=%d", max(1, copies-1)),
		fmt.Sprintf("offsets.topic.replication.factor=%d", copies),
		"offsets.topic.num.partitions=6",
		"transaction.state.log.replication.factor=1", // unused
		"group.initial.rebalance.delay.ms=0",
		"auto.create.topics.enable=false",
	}
	if err := os.WriteFile(b.properties(), []byte(strings.Join(settings, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	cmd := b.java("kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", clusterID, "-c", b.properties())
	timer := time.AfterFunc(formatLimit, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("format broker %d: %w\n%s", b.id, err, out)
	}
	return nil
}

// start starts the process; it takes some seconds until it answers.
func (b *broker) start() error {
	log, err := os.OpenFile(b.log(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := b.java("kafka.Kafka", b.properties())
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start broker %d: %w", b.id, err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // status 143 after SIGTERM, and killed after SIGKILL
	}()
	b.cmd, b.exited = cmd, exited
	return nil
}

func (b *broker) signal(sig syscall.Signal) error {
	if err := b.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s to broker %d: %w", sig, b.id, err)
	}
	return nil
}

func (b *broker) freeze() error { return b.signal(syscall.SIGSTOP) }
func (b *broker) thaw() error   { return b.signal(syscall.SIGCONT) }

// kill ends the process at once and waits for that.
func (b *broker) kill() error {
	err := b.signal(syscall.SIGKILL)
	<-b.exited
	return err
}

// stop asks the process to hand over its partitions and to end, and waits for that.
func (b *broker) stop() error {
	if err := b.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-b.exited:
		return nil
	case <-time.After(stopLimit):
		return errors.Join(fmt.Errorf("broker %d still runs %s after SIGTERM", b.id, stopLimit), b.kill())
	}
}

// running reports whether the process lives.
func (b *broker) running() bool {
	select {
	case <-b.exited:
		return false
	default:
		return b.cmd != nil
	}
}

// end leaves nothing behind, and shows what the broker said when the test failed.
func (b *broker) end(t testing.TB) {
	if b.cmd == nil {
		return
	}
	if err := b.kill(); err != nil {
		t.Log(err)
	}
	if text, err := os.ReadFile(b.log()); t.Failed() && err == nil {
		t.Logf("broker %d said:\n%s", b.id, tail(string(text), 25))
	}
}
