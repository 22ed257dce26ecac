package deliver

import (
	"context"
	"fmt"
	"mime"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"daesa/internal/hint"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// amazon is the store where no AWS_ENDPOINT_URL names another.
const amazon = "https://s3.amazonaws.com"

// bucket is a place in a store that speaks S3.
type bucket struct {
	client       *minio.Client
	name, prefix string
}

// openBucket takes the store's address and the key from the environment
// variables that AWS's own tools read.
func openBucket(place string, settings func(string) string) (Place, error) {
	u, err := url.Parse(place)
	if err != nil || u.Host == "" {
		return nil, hint.New("is no bucket", "write s3://bucket/prefix")
	}
	id, secret := settings("AWS_ACCESS_KEY_ID"), settings("AWS_SECRET_ACCESS_KEY")
	if id == "" || secret == "" {
		return nil, hint.New("the key of the store is missing", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	address := first(settings("AWS_ENDPOINT_URL_S3"), settings("AWS_ENDPOINT_URL"), amazon)
	store, err := url.Parse(address)
	safe := err == nil && (store.Scheme == "https" || store.Scheme == "http" && onThisMachine(store.Hostname()))
	if !safe || store.Host == "" || store.User != nil || strings.Trim(store.Path, "/") != "" {
		return nil, hint.New("AWS_ENDPOINT_URL is no address of a store", "it is https:// and a host; http:// is for this machine only")
	}
	// Without a region the client asks the store for the bucket's; one that is
	// set it takes as it is, also where it is wrong.
	region := first(settings("AWS_REGION"), settings("AWS_DEFAULT_REGION"))
	client, err := minio.New(store.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(id, secret, settings("AWS_SESSION_TOKEN")),
		Secure: store.Scheme == "https", Region: region, MaxRetries: 3,
	})
	if err != nil {
		return nil, hint.New("the store cannot be used", "check AWS_ENDPOINT_URL")
	}
	return bucket{client, u.Host, strings.Trim(u.Path, "/")}, nil
}

// Put stores the file as prefix/name, in one piece: it is there whole or not at
// all.
func (b bucket) Put(ctx context.Context, file string) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	object := path.Join(b.prefix, filepath.Base(file))
	_, err := b.client.FPutObject(ctx, b.name, object, file, minio.PutObjectOptions{ContentType: typeOf(file), DisableMultipart: true})
	if err == nil {
		return nil
	}
	what := fmt.Sprintf("putting %s into bucket %s", object, b.name)
	if answer := minio.ToErrorResponse(err); answer.Code != "" {
		return hint.New(fmt.Sprintf("%s: the store answered %s (%d)", what, answer.Code, answer.StatusCode), adviceOn(answer.Code))
	}
	return hint.Errorf("check the network and AWS_ENDPOINT_URL", "%s: %w", what, cause(err))
}

// adviceOn says what to do about a store's answer, by the codes of
// docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
func adviceOn(code string) string {
	switch code {
	case "RequestTimeTooSkewed":
		return "this machine's clock differs from the store's by more than fifteen minutes: set it (timedatectl, chrony)"
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException":
		return "the bucket is in another region: set AWS_REGION to it, or leave it out and the store is asked"
	default:
		return "check the bucket's name, the region, and that the key may put objects there"
	}
}

// typeOf is the media type by the file's name.
func typeOf(file string) string {
	if filepath.Ext(file) == ".xlsx" {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return first(mime.TypeByExtension(filepath.Ext(file)), "application/octet-stream")
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
