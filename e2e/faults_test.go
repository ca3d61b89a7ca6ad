package e2e

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// trouble makes the faults of one round, in an order that its seed decides. What it hits depends on
// how far the product has come in the meantime.
type trouble struct {
	p       *product
	random  *rand.Rand
	points  *failPoints
	counts  *faultCounts
	killed  map[string]int // the process that was killed last, by name: it is not killed twice
	frozen  map[int]*time.Timer
	rebuild *exec.Cmd
}

// faultCounts says what was done.
type faultCounts struct {
	Moments  int            `json:"moments"` // of kills by signal: several processes may die in one
	Signals  map[string]int `json:"killed_by_signal"`
	Points   map[string]int `json:"killed_at_fail_point"`
	Stops    map[string]int `json:"frozen"`
	Others   map[string]int `json:"others"`
	AtPoints int            `json:"fail_points"`
}

func newFaultCounts() *faultCounts {
	return &faultCounts{Signals: map[string]int{}, Points: map[string]int{}, Stops: map[string]int{}, Others: map[string]int{}}
}

// kills is the number of kill points: moments of kills by signal, and kills from inside.
func (c *faultCounts) kills() int { return c.Moments + c.AtPoints }

// victims are killed as often as they stand here.
var victims = []string{
	"aggregator", "aggregator", "aggregator", "aggregator", "collector", "collector", "collector", "collector",
	"clickhouse", "clickhouse", "clickhouse", "kafka", "kafka", "kafka", "postgres", "postgres", "admin", "admin", "uploader",
}

var freezable = []string{"aggregator", "aggregator", "collector", "kafka", "clickhouse"}

const (
	meanGap     = 700 * time.Millisecond // between two faults
	longestStop = 15 * time.Second
	several     = 12 // per cent of the moments at which more than one process dies
	freezing    = 8  // per cent that freeze a process
	rolling     = 2  // per cent that restart the services one after the other
	remaking    = 3  // per cent that make visits and sums again
)

// run makes faults until there were enough kill points, or the time is over.
func (t *trouble) run(kills int, limit time.Duration) {
	deadline := time.Now().Add(limit)
	before := t.counts.kills()
	for time.Now().Before(deadline) {
		<-time.After(time.Duration(t.random.ExpFloat64() * float64(meanGap)))
		t.points.count(t.counts)
		if t.counts.kills()-before >= kills {
			break
		}
		t.one()
	}
}

// one makes one fault. It draws the same number of chances whatever it meets.
func (t *trouble) one() {
	draw, who, more := t.random.IntN(100), t.random.IntN(len(victims)), t.random.IntN(3)
	long := time.Second + time.Duration(t.random.Int64N(int64(longestStop-time.Second)))
	switch {
	case draw < several:
		t.kill(victims[who], victims[(who+5)%len(victims)], victims[(who+9+more)%len(victims)])
	case draw < several+freezing:
		t.freeze(freezable[who%len(freezable)], long)
	case draw < several+freezing+rolling:
		t.roll()
	case draw < several+freezing+rolling+remaking:
		t.remake()
	default:
		t.kill(victims[who])
	}
}

// pids reads which processes there are now.
func (t *trouble) pids() map[string]int {
	ready, err := readReadyFile(t.p.data)
	if err != nil {
		return nil // it is written when the product has started
	}
	return ready.Pids
}

// kill ends processes with SIGKILL. One that was not started again yet is left out.
func (t *trouble) kill(names ...string) {
	pids, hit := t.pids(), false
	for _, name := range names {
		pid := pids[name]
		if pid == 0 || pid == t.killed[name] || syscall.Kill(pid, syscall.SIGKILL) != nil {
			continue
		}
		t.killed[name], hit = pid, true
		t.counts.Signals[name]++
	}
	if hit {
		t.counts.Moments++
	}
}

// freeze stops a process for a while.
func (t *trouble) freeze(name string, long time.Duration) {
	pid := t.pids()[name]
	if pid == 0 || t.frozen[pid] != nil || syscall.Kill(pid, syscall.SIGSTOP) != nil {
		return
	}
	t.counts.Stops[name]++
	t.frozen[pid] = time.AfterFunc(long, func() { _ = syscall.Kill(pid, syscall.SIGCONT) }) // it may be dead
}

// roll asks each service to end, one after the other, as an upgrade does.
func (t *trouble) roll() {
	t.counts.Others["rolling restart"]++
	for _, name := range []string{"admin", "aggregator", "collector"} {
		pid := t.pids()[name]
		if pid == 0 || syscall.Kill(pid, syscall.SIGTERM) != nil {
			continue
		}
		end := time.Now().Add(5 * time.Second)
		for alive(pid) && time.Now().Before(end) {
			<-time.After(50 * time.Millisecond)
		}
	}
}

// remake starts to make visits and sums again beside everything else, or kills what does.
func (t *trouble) remake() {
	if t.rebuild != nil && t.rebuild.ProcessState == nil && alive(t.rebuild.Process.Pid) {
		_ = t.rebuild.Process.Kill()
		t.counts.Others["rebuild killed"]++
		return
	}
	cmd := exec.Command(t.p.binary, "rebuild", "--data", t.p.data)
	cmd.Env = append(os.Environ(), t.p.env...)
	if cmd.Start() != nil {
		return
	}
	t.rebuild = cmd
	t.counts.Others["rebuild started"]++
	go func() { _ = cmd.Wait() }() // it may fail, or be killed
}

// everything kills all processes of the product at once, and starts it again on the same data.
func (t *trouble) everything() {
	for name, pid := range t.pids() {
		if syscall.Kill(pid, syscall.SIGKILL) == nil {
			t.counts.Signals[name]++
		}
	}
	t.counts.Moments++
	t.counts.Others["everything killed"]++
	if err := <-t.p.exited; err == nil {
		t.p.t.Error("up ended with status 0, and was killed")
	}
	t.p.start()
}

// restart stops the product as an operator does, and starts it again.
func (t *trouble) restart() {
	t.counts.Others["stopped and started"]++
	t.p.stop()
	t.p.start()
}

// heal ends all faults.
func (t *trouble) heal() error {
	err := t.points.set("")
	for pid, timer := range t.frozen {
		if timer.Stop() {
			_ = syscall.Kill(pid, syscall.SIGCONT) // it may be dead
		}
	}
	if t.rebuild != nil && alive(t.rebuild.Process.Pid) {
		_ = t.rebuild.Process.Kill()
	}
	t.points.count(t.counts)
	return err
}

// failPoints is the setting of the points at which processes kill themselves, and their journal.
type failPoints struct {
	setting, journal string
	read             int64 // bytes of the journal
}

// chances make about as many kills from inside as there are by signal.
const chances = "collector.*=kill:0.001;spool.*=kill:0.003;aggregator.*=kill:0.03;slices.*=kill:0.2;files.rename=kill:0.02;" +
	"spool.fsync=error:0.01;spool.write=error:0.005;aggregator.*=stop:0.0005:8s"

// set replaces the setting; processes notice by themselves.
func (f *failPoints) set(rules string) error {
	next := f.setting + ".next"
	if err := os.WriteFile(next, []byte(rules+"\n"), 0o600); err != nil {
		return fmt.Errorf("write fail points: %w", err)
	}
	return os.Rename(next, f.setting)
}

func (f *failPoints) arm(seed uint64) error {
	return f.set(fmt.Sprintf("seed=%d;log=%s;%s", seed, f.journal, chances))
}

// count reads what the journal has got since the last time: time, process, action, point.
func (f *failPoints) count(counts *faultCounts) {
	file, err := os.Open(f.journal)
	if err != nil {
		return // nothing happened yet
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(f.read, 0); err != nil {
		return
	}
	reader := bufio.NewReader(file)
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return // the rest of an unfinished line is read the next time
		}
		f.read += int64(len(line))
		fields := strings.Fields(line)
		if len(fields) < 4 {
			continue
		}
		switch fields[2] {
		case "kill":
			counts.Points[fields[3]]++
			counts.AtPoints++
		case "stop":
			counts.Stops[fields[3]]++
		case "error":
			counts.Others["error at "+fields[3]]++
		}
	}
}
