package main

import (
	"time"

	"noctra/internal/envelope"
	"noctra/internal/files"
	"noctra/internal/up"
)

const fakeGrace = time.Second

// auditAnchors is the file of the ends of the audit, among the data but outside the database.
const auditAnchors = "audit-anchors.jsonl"

// masterKeys is the file among the secrets under whose keys second factors and waiting mail are sealed.
const masterKeys = "master-keys.json"

// signingKeys is the file among the secrets under whose keys signing secrets of server keys are sealed. It
// is one of its own because collectors, which strangers speak to, need it.
const signingKeys = "signing-keys.json"

// googleKeys is the file among the secrets under whose keys tokens of Google are sealed; the uploader needs
// it, too. googleClient is the file with the secret of the demo's OAuth client.
const (
	googleKeys   = "google-keys.json"
	googleClient = "google-client"
)

// Of the OAuth client that the Google which stands in knows.
const (
	demoClientID     = "noctra-demo.apps.googleusercontent.com"
	demoClientSecret = "noctra-demo-client-secret"
)

// fakes are the stand-ins for services outside this machine; the demo alone has them.
func (l *layout) fakes() []up.Process {
	if !l.cmd.Demo {
		return nil
	}
	return []up.Process{
		l.fake("mail", portMail, portMailOps, "--fake-smtp-addr="+l.local(portMailSMTP)),
		l.fake("google", portGoogle, portGoogleOps),
	}
}

// fake is a process `noctra fake NAME` that keeps its state in fakes/NAME and has pages on a port.
func (l *layout) fake(name string, port, opsPort int, more ...string) up.Process {
	args := append([]string{"--fake-dir=" + l.data.Path("fakes", name), "--fake-addr=" + l.local(port)}, more...)
	p := l.serviceProcess(name, opsPort, fakeGrace, args)
	p.Args = append([]string{"fake"}, p.Args...)
	return p
}

// fakeURLs are the pages of the fakes, by service.
func (l *layout) fakeURLs() map[string]string {
	if !l.cmd.Demo {
		return nil
	}
	return map[string]string{"mail": "http://" + l.local(portMail), "google": "http://" + l.local(portGoogle)}
}

// mailArgs point the admin service at the mail fake. Without the demo they come from the settings,
// as for any service.
func (l *layout) mailArgs() []string {
	if !l.cmd.Demo {
		return nil
	}
	return []string{"--mail-addr=" + l.local(portMailSMTP), "--mail-tls=none", "--mail-from=Noctra <noctra@noctra.example>"}
}

// googleArgs point a service at the file of keys, and in the demo at the Google that stands in, which says
// soon what became of a request.
func (l *layout) googleArgs() []string {
	args := []string{"--google-key-file=" + l.data.Path("secrets", googleKeys)}
	if !l.cmd.Demo {
		return args
	}
	at := "http://" + l.local(portGoogle)
	return append(args, "--google-client-id="+demoClientID, "--google-client-secret-file="+l.data.Path("secrets", googleClient),
		"--google-auth-url="+at+"/o/oauth2/v2/auth", "--google-token-url="+at+"/token", "--google-revoke-url="+at+"/revoke", "--google-datamanager-url="+at, "--google-ads-url="+at)
}

// ensureGoogle makes the files that services need for Google, whoever starts first.
func (l *layout) ensureGoogle() error {
	if err := envelope.Ensure(l.data.Path("secrets", googleKeys)); err != nil || !l.cmd.Demo {
		return err
	}
	return files.Replace(l.data.Path("secrets", googleClient), []byte(demoClientSecret+"\n"))
}
