package engines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/internal/secrets"
)

const (
	postgresStop    = 4 * time.Second
	postgresStart   = 60 * time.Second
	postgresUser    = "noctra"
	postgresPidFile = "postmaster.pid"
)

// PostgresService is the user as which services connect. What it may do, migrations say.
const PostgresService = "noctra_service"

// Postgres is an embedded Postgres server.
type Postgres struct {
	Programs string       // folder with bin, lib and share
	Dir      string       // data
	Port     int          // on 127.0.0.1; no socket in the file system
	Secrets  string       // folder with the passwords: postgres of the user noctra, postgres_service of noctra_service
	Database string       // made where missing; empty: noctra
	Unsynced bool         // for tests: what was written outlives the server's end by any signal, not the machine's
	Output   io.Writer    `json:"-"`
	Log      *slog.Logger `json:"-"`
}

// Run serves until ctx ends. The server is a child process of this one, its process id stands
// in <Dir>/postmaster.pid. As root, the server runs as another user, see account.
func (p Postgres) Run(ctx context.Context) error {
	if p.Database == "" {
		p.Database = "noctra"
	}
	if err := restoreLinks(p.Programs); err != nil {
		return err
	}
	who, err := newAccount(p.Programs, filepath.Dir(p.Dir))
	if err != nil {
		return err
	}
	if err := p.initialise(who); err != nil {
		return err
	}
	if err := p.clearLeftover(); err != nil {
		return err
	}
	if err := who.own(p.Dir); err != nil {
		return err
	}
	cmd := p.command(who)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := p.ensureDatabase(ctx, ended); err != nil {
		return errors.Join(err, p.stop(cmd, ended))
	}
	select {
	case err := <-ended:
		return fmt.Errorf("postgres ended by itself: %w", errors.Join(err, errors.New("its last lines above say why")))
	case <-ctx.Done():
		return p.stop(cmd, ended)
	}
}

func (p Postgres) command(who account) *exec.Cmd {
	args := []string{"-D", p.Dir, "-p", strconv.Itoa(p.Port)}
	fsync := "fsync=on"
	if p.Unsynced {
		fsync = "fsync=off"
	}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", fsync, "synchronous_commit=on",
		"shared_buffers=64MB", "max_connections=100", "max_wal_size=256MB", "min_wal_size=32MB",
		"jit=off", "logging_collector=off", "log_min_messages=warning", "log_timezone=UTC", "timezone=UTC",
	} {
		args = append(args, "-c", setting)
	}
	// SIGQUIT: the server ends its own processes at once and recovers at the next start.
	cmd := who.command(syscall.SIGQUIT, filepath.Join(p.Programs, "bin", "postgres"), args...)
	cmd.Stdout, cmd.Stderr = p.Output, p.Output
	return cmd
}

// stop ends the server in order (fast shutdown), by force when that takes too long.
func (p Postgres) stop(cmd *exec.Cmd, ended chan error) error {
	_ = cmd.Process.Signal(syscall.SIGCONT)
	_ = cmd.Process.Signal(syscall.SIGINT)
	timer := time.NewTimer(postgresStop)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("stop postgres: %w", err)
		}
		return nil
	case <-timer.C:
	}
	forced := fmt.Errorf("postgres did not stop within %s and was ended by force", postgresStop)
	_ = cmd.Process.Signal(syscall.SIGQUIT)
	timer.Reset(time.Second)
	select {
	case err := <-ended:
		return errors.Join(forced, err)
	case <-timer.C:
	}
	_ = cmd.Process.Kill()
	return errors.Join(forced, <-ended)
}

// ensureDatabase waits for the server and makes the database.
func (p Postgres) ensureDatabase(ctx context.Context, ended chan error) error {
	ctx, cancel := context.WithTimeout(ctx, postgresStart)
	defer cancel()
	password, err := secrets.ReadFile(filepath.Join(p.Secrets, "postgres"))
	if err != nil {
		return fmt.Errorf("password of postgres user noctra: %w", err)
	}
	service, err := secrets.ReadFile(filepath.Join(p.Secrets, "postgres_service"))
	if err != nil {
		return fmt.Errorf("password of postgres user %s: %w", PostgresService, err)
	}
	address := fmt.Sprintf("host=127.0.0.1 port=%d user=%s password='%s' dbname=postgres sslmode=disable connect_timeout=2", p.Port, postgresUser, quote(password))
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := prepareServer(ctx, address, service, p.Database)
		if err == nil {
			return nil
		}
		select {
		case exit := <-ended:
			ended <- exit
			return errors.New("postgres ended before it answered: its last lines above say why")
		case <-ctx.Done():
			return fmt.Errorf("wait for postgres: %w", err)
		case <-ticker.C:
		}
	}
}

// prepareServer makes the user of the services and the database.
func prepareServer(ctx context.Context, address, password, name string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := ensureUser(ctx, conn, password); err != nil {
		return err
	}
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil {
		return err
	}
	if exists {
		return nil
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	return err
}

// ensureUser makes the user of the services, with the password of today.
func ensureUser(ctx context.Context, conn *pgx.Conn, password string) error {
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, PostgresService).Scan(&exists); err != nil {
		return err
	}
	verb := "CREATE"
	if exists {
		verb = "ALTER"
	}
	_, err := conn.Exec(ctx, fmt.Sprintf("%s ROLE %s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '%s'", verb, PostgresService, strings.ReplaceAll(password, "'", "''")))
	return err
}
