package collector

import (
	"slices"

	"noctra/collector/internal/ingest"
	"noctra/collector/internal/sites"
	"noctra/schema"
)

// keptOutName tells whether the event that d has parsed names somebody who is being erased.
func keptOutName(d *ingest.Decoder, site *sites.Site, at schema.Millis) bool {
	return site.KeptOut != nil && site.KeptOut.Names(sites.Person(d.Person()), at)
}

// keptOut refuses an event that is about somebody who is being erased. It is counted, and nothing of
// it is kept.
func keptOut(d *ingest.Decoder) *ingest.Rejection {
	return d.Reject("body", ingest.KeptOut, "The event is about somebody who is being erased, so it is not kept.")
}

// hush takes events that were kept out from what a browser is told, and returns how many: its answer
// must not say who is being erased. A server of the site hears of it.
func (w *work) hush() int {
	if w.who.vouches() {
		return 0
	}
	before := len(w.rejected)
	w.rejected = slices.DeleteFunc(w.rejected, func(r *ingest.Rejection) bool { return r.Code == ingest.KeptOut })
	return before - len(w.rejected)
}
