package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/clickhouse"
	"noctra/internal/kafka"
	"noctra/internal/postgres"
)

// probeClient keeps no connection: an engine that stops would wait for it.
func probeClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// pageAnswers probes a page: 200 is ready, and otherwise the body says why not.
func pageAnswers(address string) answers {
	client := probeClient()
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return fmt.Errorf("probe %s: %w", address, err)
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusOK {
			body, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
			return fmt.Errorf("status %d: %s", response.StatusCode, strings.TrimSpace(string(body)))
		}
		return nil
	}
}

// clickHouseAnswers probes with a query, as the writer.
func clickHouseAnswers(config clickhouse.Config) answers {
	return func(ctx context.Context) error {
		address, err := config.URL(clickhouse.Writer)
		if err != nil {
			return err
		}
		u, err := url.Parse(address)
		if err != nil {
			return fmt.Errorf("probe clickhouse: %w", err)
		}
		query := u.Query()
		query.Set("query", "SELECT 1")
		u.RawQuery = query.Encode()
		return pageAnswers(u.String())(ctx)
	}
}

func kafkaAnswers(config kafka.Config) answers {
	return func(ctx context.Context) error {
		client, err := config.Client()
		if err != nil {
			return err
		}
		defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
		_, err = client.Metadata(ctx, &kafkago.MetadataRequest{})
		return err
	}
}

func postgresAnswers(config postgres.Config) answers {
	return func(ctx context.Context) error {
		address, err := config.Resolve()
		if err != nil {
			return err
		}
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		return conn.Ping(ctx)
	}
}
