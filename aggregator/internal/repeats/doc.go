// Package repeats tells copies of events apart from events.
//
// The rule: an event is a repeat if the same site and event id is stored from an earlier place of
// the same partition (or stands earlier in the same batch), received at most Window before it,
// and occurred within Spread of it. The rule depends on messages and places alone, never on the
// clock or on memory, so whoever applies it again finds the same.
//
// Filter answers "never seen" for almost every new event without asking anybody. Where it says
// "maybe", the caller asks ClickHouse. The package does no input or output.
package repeats
