package collector

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"noctra/internal/ops"
	"noctra/schema"
)

// postgresAway is how long Postgres may be silent before it counts as away; it is asked every second.
const postgresAway = 10 * time.Second

// Ready returns nil when events are taken and nothing is missing, an ops.Note when they are taken
// although something is missing, otherwise why they are not.
func (s *Service) Ready() error {
	if err := s.problem(); err != nil {
		return err
	}
	if notes := s.notes(); len(notes) > 0 {
		return ops.Note(strings.Join(notes, "; "))
	}
	return nil
}

// problem returns why events are not taken, nil when they are.
func (s *Service) problem() error {
	if s.draining.Load() {
		return errors.New("the collector is stopping")
	}
	store := s.events.Ready()
	if s.keeper != nil {
		store = s.keeper.ready()
	}
	var held error
	if s.guard.Blocked() {
		held = errors.New("kafka's retention would soon delete events that the aggregator has not read")
	}
	return errors.Join(s.sites.Ready(), store, held)
}

// notes says what is missing without keeping events away.
func (s *Service) notes() (notes []string) {
	if s.exposed() {
		notes = append(notes, unprotected)
	}
	switch age, ok := s.sites.Age(); {
	case !ok:
		notes = append(notes, "postgres has not answered yet, sites and salts are those of the private copy")
	case age > postgresAway:
		notes = append(notes, fmt.Sprintf("postgres has not answered for %s, the sites and salts of then stay in force", age.Round(time.Second)))
	}
	switch unused := s.events.Unused(); {
	case s.sites.Snapshot().Layouts().Partitions() == 0:
		notes = append(notes, "postgres does not say in how many partitions events are placed, all of kafka's are used: run `noctra migrate up`")
	case unused > 0:
		notes = append(notes, fmt.Sprintf("%d partitions of %s are not used: run `noctra migrate partitions`", unused, schema.TopicEvents))
	}
	if s.keeper == nil {
		return notes
	}
	if err := s.events.Ready(); err != nil {
		notes = append(notes, "events go to the spool: "+err.Error())
	}
	if st := s.spool.Stats(); st.Messages > 0 {
		notes = append(notes, fmt.Sprintf("%d messages wait in the spool", st.Messages))
	}
	return notes
}

// postgresUp is 1 while Postgres answers, 0 otherwise.
func (s *Service) postgresUp() float64 {
	if age, ok := s.sites.Age(); ok && age <= postgresAway {
		return 1
	}
	return 0
}
