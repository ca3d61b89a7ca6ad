// Package identity makes pseudonyms of visitors: from a salt that lives for one local day, from
// an id that the site keeps with consent, or none.
//
// It stores neither addresses nor agents nor ids; what comes out cannot be undone once the salt
// is destroyed, 48 hours after it was made. Salts are random, shared by all collectors through
// Postgres, and looked up once per local date and offset, never per event. In the flow it stands
// between the validated event and its record in Kafka.
package identity
