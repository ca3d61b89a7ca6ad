package intent

import "fmt"

// Step is what the owner of a partition does next.
type Step uint8

// Steps.
const (
	Load    Step = iota + 1 // fetch the committed offset and its intent
	Rebuild                 // build the batch of the intent again from the same offsets
	Build                   // wait for the next batch and leave its repeats out
	Record                  // commit offset From with the intent, under the own generation
	Insert                  // insert the batch under its token
	Advance                 // commit offset To, with the next batch's intent where there is one
	End                     // leave the partition
)

var stepNames = [...]string{"", "load", "rebuild", "build", "record", "insert", "advance", "end"}

// String names the step.
func (s Step) String() string { return stepNames[s] }

// Result is how a step ended.
type Result uint8

// Results.
const (
	Done     Result = iota + 1 // it has happened, for sure
	Found                      // done, and an intent stands in the metadata
	Empty                      // done, and there is nothing to insert
	Unknown                    // it may have happened or not: no answer, or a failure that passes
	Outdated                   // not tried: the last proof of ownership is too old
	Lost                       // the messages of the intent are no longer in Kafka
	Refused                    // Kafka says that the partition is not ours any more, or it is time to stop
)

var resultNames = [...]string{"", "done", "found", "empty", "unknown", "outdated", "lost", "refused"}

// String names the result.
func (r Result) String() string { return resultNames[r] }

// transitions is the whole machine. What is not listed cannot happen.
//
// An insert is reached only through a commit that Kafka accepted from the partition's owner: by
// Record, or by an Advance that carried the intent. Offsets move on only after an insert that is
// known to have happened, or where nothing was to be inserted. Unknown never moves on.
var transitions = map[Step]map[Result]Step{
	Load:    {Done: Build, Found: Rebuild, Unknown: Load, Refused: End},
	Rebuild: {Done: Record, Empty: Advance, Unknown: Rebuild, Lost: Build, Refused: End},
	Build:   {Done: Record, Empty: Advance, Unknown: Build, Refused: End},
	Record:  {Done: Insert, Unknown: Record, Refused: End},
	Insert:  {Done: Advance, Unknown: Insert, Outdated: Record, Refused: End},
	Advance: {Done: Build, Found: Insert, Unknown: Advance, Refused: End},
}

// Machine walks the steps of one partition under one generation of the group.
type Machine struct{ step Step }

// NewMachine returns a machine that begins with Load.
func NewMachine() *Machine { return &Machine{step: Load} }

// Step returns what is to be done.
func (m *Machine) Step() Step { return m.step }

// Apply moves on. A result that the step cannot have is an error of the caller.
func (m *Machine) Apply(r Result) error {
	next, ok := transitions[m.step][r]
	if !ok {
		return fmt.Errorf("step %s cannot end with %s", m.step, r)
	}
	m.step = next
	return nil
}
