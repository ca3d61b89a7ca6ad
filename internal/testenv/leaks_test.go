package testenv

import "testing"

func TestLeaks(t *testing.T) {
	for log, want := range map[string]int{
		`level=INFO msg="audit anchored" digest=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 chains=3`: 0,
		`msg="postgres away" address=postgres://noctra:***@127.0.0.1:5432/noctra token=***`:                                0,
		`msg=x error="key nsk_0123456789012345678901234567890123456789012"`:                                                2,
		`session=k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM`:                                                              1,
		`link=http://127.0.0.1/verify-email#token=abc`:                                                                     1,
		`postgres://noctra:open@127.0.0.1/noctra`:                                                                          1,
		`to=mara@acme.example`:                 1,
		`hash=$argon2id$v=19$m=1,t=1,p=1$a$b`:  1,
		`msg="the password is vier Worte"`:     1,
		`msg="the site is archived" site_id=7`: 0,
	} {
		if got := Leaks([]byte(log), "vier Worte", ""); len(got) != want {
			t.Errorf("%s: %q", log, got)
		}
	}
}
