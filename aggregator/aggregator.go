package aggregator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/aggregator/internal/columns"
	"noctra/aggregator/internal/repeats"
	"noctra/aggregator/internal/store"
	"noctra/internal/clickhouse"
	"noctra/internal/logs"
	"noctra/internal/ops"
	"noctra/schema"
)

// Deps are what the service gets from its process.
type Deps struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Now      func() time.Time // nil: the real clock
}

// names are what the service calls things in Kafka.
type names struct{ topic, letters, group string }

// sink is where batches go. An error leaves open whether the batch is stored.
type sink interface {
	Insert(ctx context.Context, block *columns.Block, token string) error
}

// notebook is where goes what became of messages that are no rows. An error leaves open whether it
// is stored; it may be stored again.
type notebook interface {
	Note(ctx context.Context, block *columns.Block) error
}

// keeper is where offsets are committed. It refuses a member whose generation has ended. What it
// answers with a kafkago.Error is stored before all that follows, or never.
type keeper interface {
	Commit(ctx context.Context, m member, offset kafkago.OffsetCommit) error
}

// Service is the aggregator.
type Service struct {
	config  Config
	names   names
	log     *slog.Logger
	warn    *logs.Throttled
	now     func() time.Time
	kafka   *kafkago.Client
	store   *store.Store
	sink    sink
	notes   notebook
	keeper  keeper
	filter  *repeats.Filter
	metrics *metrics
	audits  audits
	suspect chan struct{}                                                        // tables are to be checked soon
	altered atomic.Pointer[store.Altered]                                        // nil: tables are right
	inserts sync.RWMutex                                                         // held for reading by those under way
	dial    func(ctx context.Context, network, address string) (net.Conn, error) // to Kafka's group; nil: as usual
	grace   time.Duration                                                        // for a batch under way when it is time to stop

	rejoin atomic.Bool // this membership of the group has to end

	known map[int]int64 // by partition: the filter has what is stored below this offset

	mu       sync.Mutex
	problems map[string]error // why it is not ready
	alarm    string           // what is unaccounted for, if that lasts
	workers  map[int]*worker
	doubts   map[int]doubt // by partition
}

const (
	stopGrace    = 5 * time.Second
	logEvery     = 10 * time.Second
	askEvery     = time.Second
	checkTimeout = 10 * time.Second

	clickHouse = "clickhouse" // problems by what has them
	group      = "group"
	tables     = "tables"
)

// New prepares the service; it connects in Run.
func New(config Config, deps Deps) (*Service, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Service{
		config: config, log: deps.Log, now: deps.Now, grace: stopGrace, known: map[int]int64{}, workers: map[int]*worker{}, doubts: map[int]doubt{},
		suspect:  make(chan struct{}, 1),
		names:    names{topic: schema.TopicEvents, letters: schema.TopicDeadLetter, group: schema.AggregatorGroup},
		problems: map[string]error{clickHouse: errors.New("clickhouse has not answered yet"), group: errors.New("no partitions are assigned yet")},
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.warn = logs.Throttle(deps.Log, logEvery, s.now)
	var err error
	if s.kafka, err = config.Kafka.Client(); err != nil {
		return nil, err
	}
	if s.store, err = store.Open(config.ClickHouse); err != nil {
		return nil, err
	}
	s.filter = repeats.NewFilter(config.RepeatsMemory, s.now)
	s.audits.every, s.audits.of = auditEvery, map[int]*audit{}
	s.metrics = newMetrics(deps.Registry, s.filter.Fill, s.audits.sums)
	deps.Registry.MustRegister(newLags(s))
	return s, nil
}

// Ready returns nil when events are stored, an ops.Note when some are unaccounted for, otherwise why
// they are not stored.
func (s *Service) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s.problems)) {
		errs = append(errs, s.problems[name])
	}
	if len(errs) == 0 && s.alarm != "" {
		return ops.Note(s.alarm)
	}
	return errors.Join(errs...)
}

func (s *Service) sick(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems[what] = err
}

func (s *Service) healthy(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.problems, what)
}

// unwell notes that ClickHouse did not do what it was asked.
func (s *Service) unwell(ctx context.Context, message string, err error) {
	if ctx.Err() != nil {
		return
	}
	s.sick(clickHouse, errors.New("clickhouse does not take batches: "+store.Reason(err)))
	s.warn.Warn(message, "error", err.Error())
	select {
	case s.suspect <- struct{}{}:
	default:
	}
}

func (s *Service) owned() []*worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.workers))
}

// Run works until ctx ends; a batch that is being inserted is finished if that is quick. It
// returns when everything that it started has ended, or with an error where ClickHouse has tables
// that this version does not know.
func (s *Service) Run(ctx context.Context) error {
	defer s.store.Close()
	transport := s.kafka.Transport.(*kafkago.Transport)
	transport.MetadataTTL = time.Second // a new leader has to be found soon
	transport.MetadataTopics = []string{s.names.topic, s.names.letters}
	defer transport.CloseIdleConnections()
	if s.sink == nil {
		s.sink = s.store
	}
	if s.notes == nil {
		s.notes = s.store
	}
	if s.keeper == nil {
		s.keeper = offsets{s.kafka, s.names}
	}
	if err := s.awaitTables(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	s.lookAtTables(ctx)
	var parts sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	parts.Go(func() { s.watchEnds(watching) })
	parts.Go(func() { s.audit(watching) })
	parts.Go(func() { s.watchTables(watching) })
	err := s.join(ctx)
	stop()
	parts.Wait()
	return err
}

// awaitTables returns when ClickHouse answers and has the tables of this version.
func (s *Service) awaitTables(ctx context.Context) error {
	conn, err := s.config.ClickHouse.Open(clickhouse.Writer)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	for ctx.Err() == nil {
		asking, cancel := context.WithTimeout(ctx, checkTimeout)
		err := conn.Ping(asking)
		if err == nil {
			err = clickhouse.CheckSchema(asking, conn, schema.ClickHouse())
			if err == nil {
				cancel()
				s.healthy(clickHouse)
				return nil
			}
			if asking.Err() == nil && conn.Ping(asking) == nil { // it answers, so the answer holds
				cancel()
				return fmt.Errorf("start aggregator: %w", err)
			}
		}
		cancel()
		s.warn.Warn("clickhouse does not answer, waiting for it", "error", err.Error())
		wait(ctx, askEvery)
	}
	return nil
}
