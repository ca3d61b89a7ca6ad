package main

import (
	"time"

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

// fakes are the stand-ins for services outside this machine; the demo alone has them.
func (l *layout) fakes() []up.Process {
	if !l.cmd.Demo {
		return nil
	}
	return []up.Process{l.fake("mail", portMail, portMailOps, "--fake-smtp-addr="+l.local(portMailSMTP))}
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
	return map[string]string{"mail": "http://" + l.local(portMail)}
}

// mailArgs point the admin service at the mail fake. Without the demo they come from the settings,
// as for any service.
func (l *layout) mailArgs() []string {
	if !l.cmd.Demo {
		return nil
	}
	return []string{"--mail-addr=" + l.local(portMailSMTP), "--mail-tls=none", "--mail-from=Noctra <noctra@noctra.example>"}
}
