package envelope_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"noctra/internal/envelope"
)

func ring(t testing.TB) (*envelope.Ring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master-keys")
	if err := envelope.Ensure(path); err != nil {
		t.Fatal(err)
	}
	r, err := envelope.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return r, path
}

func TestSeal(t *testing.T) {
	r, path := ring(t)
	plain := []byte("a seed")
	sealed, err := r.Seal(plain, "totp.secret:1")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, plain) {
		t.Error("the sealed value shows what is in it")
	}
	if got, err := r.Unseal(sealed, "totp.secret:1"); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("unsealed %q, %v", got, err)
	}
	if again, err := r.Seal(plain, "totp.secret:1"); err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealed twice the same, %v", err)
	}
	if _, err := r.Unseal(sealed, "totp.secret:2"); !errors.Is(err, envelope.ErrDamaged) {
		t.Errorf("in another row: %v", err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := r.Unseal(bad, "totp.secret:1"); err == nil {
			t.Fatalf("byte %d was changed, and it opened", i)
		}
		if _, err := r.Unseal(sealed[:i], "totp.secret:1"); err == nil {
			t.Fatalf("%d bytes of it opened", i)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	before, _ := os.ReadFile(path)
	if err := envelope.Ensure(path); err != nil {
		t.Error(err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the second start made new keys")
	}
}

func TestRotate(t *testing.T) {
	r, path := ring(t)
	old, err := r.Seal([]byte("x"), "p")
	if err != nil {
		t.Fatal(err)
	}
	if same, changed, err := r.Rewrap(old, "p"); err != nil || changed || !bytes.Equal(same, old) {
		t.Errorf("rewrapped without need: %v, %v", changed, err)
	}
	if err := envelope.Rotate(path); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Unseal(old, "p"); err != nil || string(got) != "x" {
		t.Errorf("under the old key: %q, %v", got, err)
	}
	renewed, changed, err := r.Rewrap(old, "p")
	if err != nil || !changed {
		t.Fatalf("rewrap: %v, %v", changed, err)
	}
	if got, err := r.Unseal(renewed, "p"); err != nil || string(got) != "x" {
		t.Errorf("under the new key: %q, %v", got, err)
	}
	if _, changed, err := r.Rewrap(renewed, "p"); err != nil || changed {
		t.Errorf("rewrapped twice: %v, %v", changed, err)
	}
	ids, err := r.Old()
	if err != nil || len(ids) != 1 {
		t.Fatalf("old keys %v, %v", ids, err)
	}
	if err := envelope.Retire(path, append(ids, string(renewed[2:14]))); err != nil { // the current one stays
		t.Fatal(err)
	}
	if _, err := r.Unseal(old, "p"); !errors.Is(err, envelope.ErrNoKey) {
		t.Errorf("under a retired key: %v", err)
	}
	if got, err := r.Unseal(renewed, "p"); err != nil || string(got) != "x" {
		t.Errorf("the current key was retired: %q, %v", got, err)
	}
	other, _ := ring(t)
	if _, err := other.Unseal(old, "p"); !errors.Is(err, envelope.ErrNoKey) {
		t.Errorf("under a key that is not there: %v", err)
	}
}

func TestEnsureAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys")
	var group sync.WaitGroup
	sealed := make([][]byte, 8)
	for i := range sealed {
		group.Go(func() {
			if err := envelope.Ensure(path); err != nil {
				t.Error(err)
				return
			}
			r, err := envelope.Open(path)
			if err == nil {
				sealed[i], err = r.Seal([]byte("x"), "p")
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	r, err := envelope.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sealed {
		if _, err := r.Unseal(s, "p"); err != nil {
			t.Errorf("%d used other keys: %v", i, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("drafts are left: %v, %v", left, err)
	}
}

func TestBadFiles(t *testing.T) {
	for _, content := range []string{"", "{}", `{"current":"a","keys":{"a":"AAAA"}}`, "secret"} {
		path := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := envelope.Open(path); err == nil {
			t.Errorf("%q was taken", content)
		}
	}
	if _, err := envelope.Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no file was taken")
	}
}

func FuzzUnseal(f *testing.F) {
	r, _ := ring(f)
	sealed, err := r.Seal([]byte("x"), "p")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{1, 255})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got, err := r.Unseal(raw, "p"); err == nil && string(got) != "x" {
			t.Errorf("%q came out", got)
		}
	})
}
