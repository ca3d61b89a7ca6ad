package failpoint

import "slices"

// Env is the environment variable with the setting.
const Env = "NOCTRA_FAILPOINTS"

// Point is a place in the code.
type Point string

// Points.
const (
	CollectorProduce  Point = "collector.produce"
	CollectorProduced Point = "collector.produced"
	CollectorStored   Point = "collector.stored"
	CollectorSnapshot Point = "collector.snapshot"
	CollectorCopied   Point = "collector.copied"

	SpoolAppend  Point = "spool.append"
	SpoolWrite   Point = "spool.write"
	SpoolFsync   Point = "spool.fsync"
	SpoolFsynced Point = "spool.fsynced"
	SpoolRolled  Point = "spool.rolled"
	SpoolDrained Point = "spool.drained"
	SpoolForget  Point = "spool.forget"
	SpoolForgot  Point = "spool.forgot"

	AggregatorLoaded   Point = "aggregator.loaded"
	AggregatorBuilt    Point = "aggregator.built"
	AggregatorLettered Point = "aggregator.lettered"
	AggregatorRecord   Point = "aggregator.record"
	AggregatorRecorded Point = "aggregator.recorded"
	AggregatorInsert   Point = "aggregator.insert"
	AggregatorInserted Point = "aggregator.inserted"
	AggregatorMended   Point = "aggregator.mended"
	AggregatorNoted    Point = "aggregator.noted"
	AggregatorAdvance  Point = "aggregator.advance"
	AggregatorAdvanced Point = "aggregator.advanced"

	SlicesMake    Point = "slices.make"
	SlicesVisits  Point = "slices.visits"
	SlicesRollups Point = "slices.rollups"
	SlicesCounted Point = "slices.counted"
	SlicesSwept   Point = "slices.swept"
	SlicesTouched Point = "slices.touched"

	FilesRename Point = "files.rename"
)

// Place is a point with what it means.
type Place struct {
	Point Point
	About string // one sentence
	Fails bool   // the setting may have it return an error
}

var places = []Place{
	{CollectorProduce, "A produce request is ready and not sent.", false},
	{CollectorProduced, "Kafka has answered a produce request, and nobody was told.", false},
	{CollectorStored, "A request's events are in Kafka or in the spool, and the sender has no answer.", false},
	{CollectorSnapshot, "The copy of sites and salts is about to be written.", true},
	{CollectorCopied, "The copy of sites and salts is written.", false},

	{SpoolAppend, "A request's messages wait for the spool's next fsync.", false},
	{SpoolWrite, "A group of messages is about to be written to the spool.", true},
	{SpoolFsync, "A group is written to the spool and not synced.", true},
	{SpoolFsynced, "A group is synced, and those who wait for it were not told.", false},
	{SpoolRolled, "A new segment of the spool stands in the directory.", false},
	{SpoolDrained, "Kafka has a portion of the spool, and its place in the segment has not moved.", false},
	{SpoolForget, "A segment is drained to its end, and its file is still there.", false},
	{SpoolForgot, "The file of a drained segment is deleted.", false},

	{AggregatorLoaded, "A partition was taken over: its offset and intent are read.", false},
	{AggregatorBuilt, "A batch is built, its repeats are left out, and nothing is recorded of it.", false},
	{AggregatorLettered, "The dead letters of a batch are stored.", false},
	{AggregatorRecord, "The intent to insert a batch is about to be committed.", false},
	{AggregatorRecorded, "The intent is committed, and the insert was not sent.", false},
	{AggregatorInsert, "The insert of a batch is about to be sent.", false},
	{AggregatorInserted, "ClickHouse has the batch; touched may have to be mended, the offset stands before it.", false},
	{AggregatorMended, "touched is mended for a batch.", false},
	{AggregatorNoted, "ClickHouse knows what became of a batch's repeats and refusals, and the offset stands before it.", false},
	{AggregatorAdvance, "The offset after a batch is about to be committed.", false},
	{AggregatorAdvanced, "The offset after a batch is committed.", false},

	{SlicesMake, "A generation of visits and rollups is about to be made.", false},
	{SlicesVisits, "The visits of a generation are inserted, its rollups are not.", false},
	{SlicesRollups, "The rollups of a generation are inserted, and it does not count yet.", false},
	{SlicesCounted, "A generation counts.", false},
	{SlicesSwept, "Old rollups are deleted, and their visits or slices are still there.", false},
	{SlicesTouched, "A rebuild has filled touched again and not made the visits.", false},

	{FilesRename, "A file's successor is written and synced, and has not taken its place.", true},
}

// Points lists every point with what it means.
func Points() []Place { return slices.Clone(places) }

// Bug is a mistake that was planted on purpose.
type Bug string

// Bugs.
const (
	SpoolUnsynced      Bug = "spool_unsynced"
	AckBeforeKafka     Bug = "ack_before_kafka"
	LostRetry          Bug = "lost_retry"
	CommitBeforeInsert Bug = "commit_before_insert"
	NoToken            Bug = "no_token"
	FilterOff          Bug = "filter_off"
	RollupWithoutToken Bug = "rollup_without_token"
)

// Mistake is a bug with what it does.
type Mistake struct {
	Bug   Bug
	About string // one sentence
}

var mistakes = []Mistake{
	{SpoolUnsynced, "The spool acknowledges without an fsync: the bytes stay in memory, as in a page cache that a power cut loses, until the segment is closed."},
	{AckBeforeKafka, "The collector answers 202 while the events are still on their way to Kafka."},
	{LostRetry, "A produce request without an answer is treated as done instead of being repeated."},
	{CommitBeforeInsert, "The aggregator commits the offset after a batch where it should record the intent before it."},
	{NoToken, "The aggregator's insert carries no deduplication token, and ClickHouse is not to compare blocks."},
	{FilterOff, "The aggregator takes every event for a new one."},
	{RollupWithoutToken, "The insert of rollups carries no deduplication token, and ClickHouse is not to compare blocks."},
}

// Mistakes lists every bug with what it does.
func Mistakes() []Mistake { return slices.Clone(mistakes) }
