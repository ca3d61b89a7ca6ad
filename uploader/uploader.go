// Package uploader will send conversions and their adjustments to Google. It sends nothing yet.
//
// What it is today: a process with its lifecycle, its health, and connections to Kafka and
// Postgres that it watches. So a deployment has its final shape from the first day, and the
// part that sends is added inside.
package uploader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/internal/logs"
	"noctra/internal/postgres"
)

const (
	checkEvery   = 2 * time.Second
	checkTimeout = 5 * time.Second
	logEvery     = 30 * time.Second
)

// Config says where Kafka and Postgres are.
type Config struct {
	Kafka    kafka.Config    `embed:""`
	Postgres postgres.Config `embed:""`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error { return errors.Join(c.Kafka.Validate(), c.Postgres.Validate()) }

// Deps are what the service needs from its process.
type Deps struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Now      func() time.Time
}

// Service is the uploader.
type Service struct {
	kafka    *kafkago.Client
	postgres *pgxpool.Pool
	log      *slog.Logger
	warn     *logs.Throttled
	up       *prometheus.GaugeVec

	mu    sync.Mutex
	state error // why it is not ready, nil when it is
}

// New prepares the service; it connects in Run.
func New(config Config, deps Deps) (*Service, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	client, err := config.Kafka.Client()
	if err != nil {
		return nil, err
	}
	pool, err := config.Postgres.Open(context.Background())
	if err != nil {
		return nil, err
	}
	up := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "noctra_uploader_dependency_up", Help: "1 when the last check of the dependency was answered, else 0.",
	}, []string{"dependency"})
	deps.Registry.MustRegister(up)
	return &Service{kafka: client, postgres: pool, log: deps.Log, warn: logs.Throttle(deps.Log, logEvery, deps.Now),
		up: up, state: errors.New("not checked yet")}, nil
}

// Run watches Kafka and Postgres until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	defer s.postgres.Close()
	s.log.Info("uploader runs and sends nothing yet")
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		s.check(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Ready returns nil when Kafka and Postgres answered at the last check.
func (s *Service) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

func (s *Service) check(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	_, kafkaErr := s.kafka.Metadata(ctx, &kafkago.MetadataRequest{})
	postgresErr := s.postgres.Ping(ctx)
	err := errors.Join(s.record("kafka", kafkaErr), s.record("postgres", postgresErr))
	s.mu.Lock()
	s.state = err
	s.mu.Unlock()
}

func (s *Service) record(dependency string, err error) error {
	if err == nil {
		s.up.WithLabelValues(dependency).Set(1)
		return nil
	}
	s.up.WithLabelValues(dependency).Set(0)
	s.warn.Warn("dependency does not answer", "dependency", dependency, "err", err)
	return fmt.Errorf("%s does not answer", dependency)
}
