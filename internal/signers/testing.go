package signers

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// KeyForTest is a key that signs as ssh-keygen does, where none is installed. No
// command has one.
type KeyForTest struct{ signer ssh.Signer }

// NewKeyForTest makes the key of a name: the same for the same name.
func NewKeyForTest(name string) (KeyForTest, error) {
	seed := sha256.Sum256([]byte(name))
	signer, err := ssh.NewSignerFromSigner(ed25519.NewKeyFromSeed(seed[:]))
	return KeyForTest{signer}, err
}

// Line is the line of allowed signers that gives the key to a principal for a
// namespace.
func (k KeyForTest) Line(principal, namespace string) string {
	public := k.signer.PublicKey()
	return principal + ` namespaces="` + namespace + `" ` + public.Type() + " " + base64.StdEncoding.EncodeToString(public.Marshal()) + "\n"
}

// Sign is what `ssh-keygen -Y sign -n namespace` writes.
func (k KeyForTest) Sign(text []byte, namespace string) ([]byte, error) {
	signature, err := sshsig.Sign(bytes.NewReader(text), k.signer, sshsig.HashSHA512, namespace)
	if err != nil {
		return nil, err
	}
	return sshsig.Armor(signature), nil
}
