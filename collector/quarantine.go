package collector

import (
	"context"
	"fmt"
	"strconv"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/collector/internal/quarantine"
	"noctra/collector/internal/sites"
	"noctra/internal/kafka"
	"noctra/internal/postgres"
	"noctra/schema"
)

// Letter is a dead letter with its place in the topic, LetterPlace. Filter fields that are zero
// choose all.
type (
	Letter       = quarantine.Letter
	LetterPlace  = quarantine.Place
	LetterFilter = quarantine.Filter
)

// Stages of dead letters.
const (
	StageCollector  = "collector"
	StageAggregator = "aggregator"
)

// ParseLetterPlace reads partition/offset.
func ParseLetterPlace(s string) (LetterPlace, error) { return quarantine.ParsePlace(s) }

// EachLetter calls take with the chosen dead letters in the order of their places, up to what is
// the last one at the beginning. Memory is bounded however many there are.
func EachLetter(ctx context.Context, config kafka.Config, f LetterFilter, take func(l *Letter) error) error {
	client, err := config.Client()
	if err != nil {
		return err
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	return quarantine.Each(ctx, client, f, take)
}

// OneLetter returns the dead letter at a place.
func OneLetter(ctx context.Context, config kafka.Config, at LetterPlace) (Letter, error) {
	client, err := config.Client()
	if err != nil {
		return Letter{}, err
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	return quarantine.One(ctx, client, at)
}

// PublicKeys are the public keys of sites by their numbers.
type PublicKeys map[schema.SiteID]string

// ReadPublicKeys asks Postgres for the keys of all sites.
func ReadPublicKeys(ctx context.Context, config postgres.Config) (PublicKeys, error) {
	pool, err := config.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	return sites.Postgres{Pool: pool}.PublicKeys(ctx)
}

// Site returns the number of a site that is named by number or public key. Numbers need no keys.
func (k PublicKeys) Site(name string) (schema.SiteID, error) {
	if id, err := strconv.ParseUint(name, 10, 64); err == nil && id > 0 {
		return schema.SiteID(id), nil
	}
	for id, key := range k {
		if key == name {
			return id, nil
		}
	}
	if k == nil {
		return 0, fmt.Errorf("site %q is no number, and without Postgres public keys are not known", name)
	}
	return 0, fmt.Errorf("no site has the number or public key %q", name)
}
