package accounts

import "time"

// Lifetimes are how long what this package makes is kept.
type Lifetimes struct{ SignUp, LinkMemory, Ceremony, Device, Attempts, Deletion time.Duration }

// Kept returns the lengths of time in force.
func Kept() Lifetimes {
	return Lifetimes{SignUp: signUpLife, LinkMemory: linkMemory, Ceremony: ceremonyLife, Device: deviceLife, Attempts: attemptsLife, Deletion: grace}
}
