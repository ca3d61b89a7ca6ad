package password

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// cheap is a hasher whose hashes cost little, so that tests are fast.
func cheap(concurrency int) *Hasher {
	h := New(concurrency)
	h.params = params{memory: 64, time: 1, threads: 1}
	return h
}

func TestHash(t *testing.T) {
	h := New(1)
	phc, err := h.Hash(t.Context(), "correct horse")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%s, %v", phc, err)
	}
	check := func(phc, password string, fits, renew bool) {
		t.Helper()
		gotFits, gotRenew, err := h.Check(t.Context(), phc, password)
		if err != nil || gotFits != fits || gotRenew != renew {
			t.Errorf("%s: fits %v, renew %v, %v", password, gotFits, gotRenew, err)
		}
	}
	check(phc, "correct horse", true, false)
	check(phc, "correct horsE", false, false)
	check("", "correct horse", false, false)        // nobody's
	old, err := cheap(1).Hash(t.Context(), "ﬁne Å") // a ligature, and a letter in one piece
	if err != nil {
		t.Fatal(err)
	}
	check(old, "fine A\u030a", true, true)
	check(old, "fine A", false, false)
	if done := h.Done(); done != 6 {
		t.Errorf("%d done, want 6: each check costs the same", done)
	}
	for _, bad := range []string{"x", "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=64,t=1,p=1$!$AAAA"} {
		if _, _, err := h.Check(t.Context(), bad, "x"); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestBusy(t *testing.T) {
	h := cheap(1)
	h.most = 3
	h.slots <- struct{}{} // somebody is worked on
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
				t.Errorf("who waits: %v", err)
			}
		})
	}
	for h.waiting.Load() < 3 {
		runtime.Gosched()
	}
	if _, err := h.Hash(t.Context(), "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	group.Wait()
	<-h.slots
	if _, err := h.Hash(t.Context(), "x"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestRefuse(t *testing.T) {
	own := Own("Mara Lindqvist", "mara.l@acme-shoes.example")
	check := func(password, want string) {
		t.Helper()
		if got := Refuse(password, own...); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
	for _, good := range []string{"correct horse battery", "Tr0ub4dor&3-and-more", "vierzehn Zeichen", "пароль из слов", strings.Repeat("ab cd ef ", 14) + "zz", "ein😀guter😀Satz", "x7Kq-92mPz-Lw3"} {
		check(good, "")
	}
	check("short pass1", "at least 12")
	check(strings.Repeat("long words ", 12), "at most 128")
	check("tab\tand more words", "control")
	check("my name is MARA now", "name or address")
	check("acme-shoes forever", "name or address")
	check("Lindqvist-Lindqvist", "name or address")
	check("my Noctra account", "name of this service")
	for _, weak := range []string{"qwertyuiop123456", "password1234", "P@ssw0rd!!!!", "!!!!Password2026", "iloveyouiloveyou", "123456789012345", "abcdefghijklmn", "aaaaaaaaaaaaaaa", "111122223333", "letmein!letmein!", "mnbvcxzlkjhg", "Dragon20262026", "1qaz2wsx3edc4rfv"} {
		check(weak, "lists that are tried first")
	}
}

func TestList(t *testing.T) {
	list := common()
	if len(list) < 45_000 || !slices.IsSorted(list) {
		t.Errorf("%d passwords, sorted: %v", len(list), slices.IsSorted(list))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(cheap(1).dummy)
	f.Add("$argon2id$v=19$m=1,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, phc string) {
		if p, salt, key, err := parse(phc); err == nil && (p.memory > 1<<20 || len(salt) < 8 || len(key) < 16) {
			t.Errorf("%q was taken", phc)
		}
	})
}

// BenchmarkCheck is one sign-in's work; the goal is 20 a second and core.
func BenchmarkCheck(b *testing.B) {
	h := New(1)
	phc, err := h.Hash(b.Context(), "correct horse")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if fits, _, err := h.Check(b.Context(), phc, "correct horse"); !fits || err != nil {
			b.Fatal(fits, err)
		}
	}
}
