package aggregator

// doubt is a batch that is inserted, and whose end is committed or not: there was no answer.
type doubt struct {
	to      int64
	settles outcome
}

// doubt notes what the next owner finds out, if that is this process.
func (w *worker) doubt(d doubt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doubts[w.partition] = d
}

// resolve counts the batch in doubt, now that the committed offset is known. Otherwise its messages
// are read again, and counted then.
func (w *worker) resolve(at int64) {
	w.mu.Lock()
	d, ok := w.doubts[w.partition]
	delete(w.doubts, w.partition)
	w.mu.Unlock()
	if ok && at == d.to {
		w.metrics.batches.Inc()
		w.metrics.recognise(d.settles)
	}
}

// forgetDoubts drops what another process finds out.
func (s *Service) forgetDoubts(owned map[int]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.doubts {
		if _, ok := owned[p]; !ok {
			delete(s.doubts, p)
		}
	}
}
