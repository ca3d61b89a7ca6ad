package kafka_test

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"noctra/internal/kafka"
	"noctra/internal/tlsconf/tlstest"
)

// cluster starts brokers on loopback.
func cluster(t *testing.T, opts ...kfake.Opt) (*kfake.Cluster, kafka.Config) {
	t.Helper()
	c, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, kafka.Config{Brokers: c.ListenAddrs()}
}

// ask asks for the brokers, and connects as a consumer does; both have to say the same.
func ask(t *testing.T, config kafka.Config) error {
	t.Helper()
	client, err := config.Client()
	if err != nil {
		return err
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	_, err = client.Metadata(t.Context(), &kafkago.MetadataRequest{})
	dialer, dialErr := config.Dialer()
	if dialErr != nil {
		t.Fatal(dialErr)
	}
	conn, dialErr := dialer.DialContext(t.Context(), "tcp", config.Brokers[0])
	if (err == nil) != (dialErr == nil) {
		t.Errorf("client: %v; consumer: %v", err, dialErr)
	}
	if dialErr == nil {
		_ = conn.Close()
	}
	return err
}

// A broker is spoken to over TLS alone, if its certificate is for it, of a known authority, and valid.
func TestTLS(t *testing.T) {
	t.Parallel()
	ours, others := tlstest.New(t), tlstest.New(t)
	later := time.Now().Add(time.Hour)
	for name, tc := range map[string]struct {
		certificate *tls.Certificate // nil: a broker without TLS
		ca          string
		want        string // "": it works
	}{
		"good":              {of(ours.Issue(t, "127.0.0.1", later)), ours.File, ""},
		"another name":      {of(ours.Issue(t, "kafka.example", later)), ours.File, "is for another name"},
		"another authority": {of(others.Issue(t, "127.0.0.1", later)), ours.File, "name its authority with --kafka-ca-file"},
		"no authority":      {of(ours.Issue(t, "127.0.0.1", later)), "", "name its authority with --kafka-ca-file"},
		"expired":           {of(ours.Issue(t, "127.0.0.1", time.Now().Add(-time.Minute))), ours.File, "is not valid today"},
		"no TLS":            {nil, ours.File, "--kafka-plain in place of --kafka-tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := kafka.Config{TLS: true, CAFile: tc.ca}
			if tc.certificate == nil {
				config.Brokers = []string{plainBroker(t)}
			} else {
				fake, _ := cluster(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{*tc.certificate}}))
				config.Brokers = fake.ListenAddrs()
			}
			err := ask(t, config)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// plainBroker does with the beginning of a handshake what Kafka does with it without TLS: it takes it for the size of a
// request, which is too large, and closes.
func plainBroker(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadFull(conn, make([]byte, 4))
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func of(c tls.Certificate) *tls.Certificate { return &c }

// A broker on this machine that names another one does not lead there in the clear.
func TestNamedBrokersNeedTLS(t *testing.T) {
	t.Parallel()
	fake, config := cluster(t)
	fake.ControlKey(int16(kmsg.Metadata), func(request kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		response := request.ResponseKind().(*kmsg.MetadataResponse)
		broker := kmsg.NewMetadataResponseBroker()
		broker.Host, broker.Port = "kafka.invalid", 9092
		response.Brokers = append(response.Brokers, broker)
		response.ControllerID = broker.NodeID
		return response, nil, true
	})
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	_, err = client.CreateTopics(t.Context(), &kafkago.CreateTopicsRequest{Topics: []kafkago.TopicConfig{{Topic: "t", NumPartitions: 1, ReplicationFactor: 1}}})
	if err == nil || !strings.Contains(err.Error(), `"kafka.invalid" is another machine: give --kafka-tls`) {
		t.Errorf("%v", err)
	}
}

// A password that was replaced in its file is what the next connection logs in with.
func TestPasswordIsReadAgain(t *testing.T) {
	t.Parallel()
	for mechanism, name := range map[string]string{"plain": "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			_, config := cluster(t, kfake.EnableSASL(), kfake.Superuser(name, "noctra", "second"))
			file := filepath.Join(t.TempDir(), "password")
			write := func(password string) {
				if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			config.Mechanism, config.User, config.PasswordFile = mechanism, "noctra", file
			write("first")
			client, err := config.Client()
			if err != nil {
				t.Fatal(err)
			}
			defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
			asks := func() error {
				client.Transport.(*kafkago.Transport).CloseIdleConnections() // what was asked before is forgotten
				_, err := client.Metadata(t.Context(), &kafkago.MetadataRequest{})
				return err
			}
			if err := asks(); err == nil {
				t.Fatal("a wrong password was taken")
			}
			write("second")
			if err := asks(); err != nil {
				t.Errorf("after the password was replaced: %v", err)
			}
			write("") // in the middle of being replaced
			if err := asks(); err != nil {
				t.Errorf("while the file is empty: %v", err)
			}
		})
	}
}
