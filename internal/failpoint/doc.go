// Package failpoint lets tests kill this process, freeze it or fail one of its writes at named
// places in the code, and switch bugs on that were planted to see whether they are found.
//
// All of it is compiled in by the build tag faults alone; without it Hit, Err and Planted are empty
// and vanish from their callers. The package knows names and chances; what has to hold after a kill
// is known by the tests that set it. Nothing happens in a process before it has called Start.
//
// NOCTRA_FAILPOINTS has the setting, or as @path a file with it, which is read again whenever its
// content changes, within 50 ms (replace it as a whole). Entries are separated by semicolons:
//
//	seed=7                        of all chances
//	log=/x/failpoints.log         the journal, shared by all processes
//	planted=lost_retry,no_token   bugs, see Mistakes
//	aggregator.*=kill:0.004       kill -9 by chance, at each of the points, see Points
//	spool.fsynced=kill:after:3    kill -9 at the third pass, once in the life of the journal
//	aggregator.insert=stop:0.01:2s         freeze the process for a while, as SIGSTOP does
//	collector.produced=sleep:0.1:200ms     hold up the one goroutine
//	spool.fsync=error:0.01:enospc          return an error: eio (the default), enospc, erofs, edquot
//
// Whatever happens is first appended to the journal, a line each:
//
//	2026-11-25T21:40:00.123Z aggregator kill aggregator.inserted seed=7 start=3 pass=41
//
// where the third word is kill, stop, sleep, error, or armed (with - for the point) when a process
// has taken a setting over. Chances of a point depend on the seed, the name of the process, how often
// it was armed before (told by the journal; without one its pid takes that place) and the pass alone:
// a seed repeats as far as scheduling does.
package failpoint
