package admin

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

var (
	apiRequests = flag.Int("api-requests", 10, "requests for each operation and caller, at most")
	apiSeed     = flag.Uint64("api-seed", 1, "seed of the requests")
)

// slowest is how long an answer may take, on a machine that does other things, too.
const slowest = time.Minute

// callers are those as whom every operation is called.
var callers = []string{"nobody", "owner", "analyst", "API key"}

// Every operation of the description, called by nobody, an owner, an analyst and an API key, with
// requests made of the description and broken in one place: in a field, a parameter, a header, the body
// or the address. No answer is a fault of the product, and each is one that the description has, with
// its status, its media type, its schema and its code.
func TestAPIFuzz(t *testing.T) {
	google := withGoogle(t)
	r, _ := startWithMail(t, func(c *Config) {
		google(c)
		c.PublicURL = "http://localhost:8080" // where browsers allow passkeys
		c.QueryRate = 0
	})
	spec := readSpec(r)
	fuzz := apiFuzz{walk: walk{rig: r, schemas: spec.schemas}, spec: spec, counts: map[int]int{}, named: map[string]permission{}}
	for p, g := range grants {
		fuzz.named[g.name] = p
	}
	begin := time.Now()
	work := make(chan func())
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	for _, op := range spec.operations {
		for _, caller := range callers {
			work <- func() { fuzz.operation(op, caller) }
		}
	}
	close(work)
	group.Wait()
	t.Logf("seed %d: %d operations, %v, slowest answer %s, in %s", *apiSeed, len(spec.operations), fuzz.counts, fuzz.longest.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond))
	for _, problem := range fuzz.found {
		t.Error(problem)
	}
}

// apiFuzz sends requests and judges answers.
type apiFuzz struct {
	walk
	spec  apiSpec
	named map[string]permission

	mu      sync.Mutex
	counts  map[int]int // answers by status
	longest time.Duration
	found   []string
}

// place is where a caller stands: a workspace, and what shows who asks.
type place struct {
	scene
	headers []string
}

func (f *apiFuzz) place(caller string) place {
	p := place{scene: f.scene("FUZZ")}
	switch caller {
	case "owner", "analyst":
		p.headers = []string{"Cookie", f.walker(p.workspace, caller).cookie}
	case "API key":
		p.headers = []string{"Authorization", "Bearer " + f.addKeyTo(p.scene)}
	}
	return p
}

// operation sends the requests of one operation and caller. What a request changed is made anew half of the
// time: the next one meets what is there, or what is gone.
func (f *apiFuzz) operation(op operation, caller string) {
	hash := fnv.New64a()
	_, _ = fmt.Fprint(hash, op.ID, caller)
	random := rand.New(rand.NewPCG(*apiSeed, hash.Sum64()))
	at := f.place(caller)
	ways := append(breaks(f.request(op, at)), broken{"as in the examples", func(*apiRequest) {}})
	random.Shuffle(len(ways)-1, func(i, j int) { ways[i], ways[j] = ways[j], ways[i] })
	slices.Reverse(ways)
	for _, way := range ways[:min(len(ways), f.worth(op, caller))] {
		q := f.request(op, at)
		q.what = way.what
		way.do(q)
		begin := time.Now()
		a, err := f.exchange(q)
		took := time.Since(begin)
		f.judge(q, caller, a, err, took)
		if a.code() == "signed_out" || a.status < 300 && op.method != http.MethodGet && random.IntN(2) == 0 {
			at = f.place(caller)
		}
	}
}

// worth is how many requests of a caller an operation is worth: few where every answer is a refusal of the
// caller, or where it makes no difference who asks.
func (f *apiFuzz) worth(op operation, caller string) int {
	need := f.named[op.Permission]
	if (need == beforeSignIn) != (caller == "nobody") || caller == "API key" && !grants[need].keys {
		return min(2, *apiRequests)
	}
	return *apiRequests
}

// judge writes down what is wrong with an answer.
func (f *apiFuzz) judge(q *apiRequest, caller string, a reply, err error, took time.Duration) {
	var wrong string
	switch {
	case err != nil:
		wrong = err.Error()
	case took > slowest:
		wrong = "took " + took.String()
	case a.status >= 500:
		wrong = "a fault of the product"
	default:
		wrong = f.spec.wrong(q, a)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[a.status]++
	f.longest = max(f.longest, took)
	if wrong != "" && len(f.found) < 40 {
		f.found = append(f.found, fmt.Sprintf("%s as %s, %s: %s\n%s\n%d %s", q.op.ID, caller, q.what, wrong, q, a.status, clipped(a.body)))
	}
}

func clipped(s string) string {
	const most = 400
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
