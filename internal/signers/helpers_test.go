package signers

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

const approval = "daesa-approval"

var (
	seoul = time.FixedZone("KST", 9*60*60)
	noon  = time.Date(2026, 8, 14, 12, 0, 0, 0, seoul)
	text  = []byte("환불 2건, 30,000원\n")
)

func rules() Rules { return Rules{Zone: seoul, Namespace: approval} }

// keygen is the real ssh-keygen.
func keygen(t *testing.T) string {
	t.Helper()
	cli, err := exec.LookPath("ssh-keygen")
	if err != nil {
		if os.Getenv("DAESA_REQUIRE_SSH_KEYGEN") != "" {
			t.Fatal("ssh-keygen is not installed, and DAESA_REQUIRE_SSH_KEYGEN is set")
		}
		t.Skip("ssh-keygen is not installed: apt-get install openssh-client")
	}
	return cli
}

// run runs ssh-keygen in Seoul, and gives what it says.
func run(t *testing.T, stdin []byte, args ...string) (string, error) {
	t.Helper()
	command := exec.Command(keygen(t), args...)
	command.Env = []string{"TZ=Asia/Seoul", "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8"}
	command.Stdin = bytes.NewReader(stdin)
	var said, complained bytes.Buffer
	command.Stdout, command.Stderr = &said, &complained
	err := command.Run()
	if err != nil {
		return said.String() + complained.String(), err
	}
	return said.String(), nil
}

func must(t *testing.T, stdin []byte, args ...string) string {
	t.Helper()
	said, err := run(t, stdin, args...)
	if err != nil {
		t.Fatalf("ssh-keygen %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return said
}

// key is one that signs: made by ssh-keygen, or a security key made up here.
type key struct {
	public string // as it stands in KEY.pub, without the comment
	path   string // of the private one; "" for a security key
	device func(signed []byte, flags byte) ssh.Signature
}

var (
	made   = map[string]key{}
	making sync.Mutex
	place  string
)

func TestMain(m *testing.M) {
	var err error
	if place, err = os.MkdirTemp("", "signers-*"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(place)
	os.Exit(code)
}

// keyOf makes a key once: "ed25519", "rsa 3072", "ecdsa 384", "dsa", with a name
// behind a slash where there are to be several of one kind.
func keyOf(t *testing.T, kind string) key {
	t.Helper()
	making.Lock()
	defer making.Unlock()
	if k, ok := made[kind]; ok {
		return k
	}
	what, _, _ := strings.Cut(kind, "/")
	kindOnly, bits, sized := strings.Cut(what, " ")
	path := filepath.Join(place, strings.NewReplacer(" ", "-", "/", "-").Replace(kind))
	args := []string{"-q", "-t", kindOnly, "-N", "", "-C", "", "-f", path}
	if sized {
		args = append(args, "-b", bits)
	}
	must(t, nil, args...)
	public, err := os.ReadFile(path + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	made[kind] = key{public: strings.TrimSpace(string(public)), path: path}
	return made[kind]
}

// sign signs as people do: from stdin to stdout.
func (k key) sign(t *testing.T, message []byte, namespace string, more ...string) []byte {
	t.Helper()
	if k.device != nil {
		return k.touch(message, namespace, 1)
	}
	return []byte(must(t, message, append([]string{"-q", "-Y", "sign", "-n", namespace, "-f", k.path}, more...)...))
}

// blob is the key on the wire.
func (k key) blob() []byte {
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(k.public)[1])
	if err != nil {
		panic(err)
	}
	return blob
}

// touch is what a security key signs, with the flags that it gives: 1, a person
// touched it.
func (k key) touch(message []byte, namespace string, flags byte) []byte {
	return armoured(envelopeOf(k.blob(), namespace, "sha512", ssh.Marshal(k.device(signedData(message, namespace), flags))))
}

func signedData(message []byte, namespace string) []byte {
	digest := sha512.Sum512(message)
	return append([]byte("SSHSIG"), ssh.Marshal(struct{ Namespace, Reserved, Hash, Digest string }{namespace, "", "sha512", string(digest[:])})...)
}

func envelopeOf(key []byte, namespace, hash string, signature []byte) []byte {
	return append([]byte("SSHSIG\x00\x00\x00\x01"), ssh.Marshal(struct {
		Key                       []byte
		Namespace, Reserved, Hash string
		Signature                 []byte
	}{key, namespace, "", hash, signature})...)
}

// armoured is how ssh-keygen writes a signature: seventy characters a line.
func armoured(raw []byte) []byte {
	encoded, lines := base64.StdEncoding.EncodeToString(raw), []string{"-----BEGIN SSH SIGNATURE-----"}
	for len(encoded) > 70 {
		lines, encoded = append(lines, encoded[:70]), encoded[70:]
	}
	return []byte(strings.Join(append(lines, encoded, "-----END SSH SIGNATURE-----", ""), "\n"))
}

func bare(signature []byte) []byte {
	raw, _ := pemBlock(signature)
	return raw
}

// madeUp is an ed25519 key that needs no ssh-keygen: the same for the same name.
func madeUp(name string) key {
	seed := sha256.Sum256([]byte(name))
	private := ed25519.NewKeyFromSeed(seed[:])
	blob := ssh.Marshal(struct {
		Kind string
		Key  []byte
	}{ssh.KeyAlgoED25519, private.Public().(ed25519.PublicKey)})
	return key{public: ssh.KeyAlgoED25519 + " " + base64of(string(blob)), device: func(signed []byte, _ byte) ssh.Signature {
		return ssh.Signature{Format: ssh.KeyAlgoED25519, Blob: ed25519.Sign(private, signed)}
	}}
}

func base64of(blob string) string { return base64.StdEncoding.EncodeToString([]byte(blob)) }

const application = "ssh:"

// skED25519 and skECDSA are security keys: what a device would do, in Go.
func skED25519() key {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	blob := ssh.Marshal(struct {
		Kind        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, application})
	return key{public: ssh.KeyAlgoSKED25519 + " " + base64.StdEncoding.EncodeToString(blob), device: func(signed []byte, flags byte) ssh.Signature {
		seen, rest := deviceSees(signed, flags)
		return ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(private, seen), Rest: rest}
	}}
}

func skECDSA() key {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	point, err := private.PublicKey.ECDH()
	if err != nil {
		panic(err)
	}
	blob := ssh.Marshal(struct {
		Kind, Curve string
		Point       []byte
		Application string
	}{ssh.KeyAlgoSKECDSA256, "nistp256", point.Bytes(), application})
	return key{public: ssh.KeyAlgoSKECDSA256 + " " + base64.StdEncoding.EncodeToString(blob), device: func(signed []byte, flags byte) ssh.Signature {
		seen, rest := deviceSees(signed, flags)
		digest := sha256.Sum256(seen)
		r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
		if err != nil {
			panic(err)
		}
		return ssh.Signature{Format: ssh.KeyAlgoSKECDSA256, Blob: ssh.Marshal(struct{ R, S *big.Int }{r, s}), Rest: rest}
	}}
}

// deviceSees is what a security key signs in place of the message, and what it
// hands out beside its signature: the flags and its counter.
func deviceSees(signed []byte, flags byte) (seen, rest []byte) {
	app, message := sha256.Sum256([]byte(application)), sha256.Sum256(signed)
	rest = []byte{flags, 0, 0, 0, 7}
	return bytes.Join([][]byte{app[:], rest, message[:]}, nil), rest
}

// parsed reads a file that must have no fault.
func parsed(t *testing.T, lines ...string) *File {
	t.Helper()
	f, err := Parse("allowed_signers", strings.NewReader(strings.Join(lines, "\n")+"\n"), rules())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// line is a line of allowed signers with the namespace of approvals.
func line(principal string, k key) string {
	return principal + ` namespaces="` + approval + `" ` + k.public
}

// reasonOf is why a signature was refused; "" where it was taken.
func reasonOf(t *testing.T, err error) Reason {
	t.Helper()
	var refusal *Refusal
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &refusal):
		t.Fatalf("an error of another type: %v", err)
	case refusal.Text == "" || refusal.Hint() == "":
		t.Errorf("%s has no sentence, or no hint", refusal.Reason)
	}
	return refusal.Reason
}
