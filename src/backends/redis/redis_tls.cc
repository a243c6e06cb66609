#include "backends/redis/redis_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <optional>
#include <string>

#include "base/errno_code.h"
#include "base/escape.h"

namespace leptir::redis {
namespace {

template <auto function>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Context = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, FreeBy<SSL_free>>;
using BioMethod = std::unique_ptr<BIO_METHOD, FreeBy<BIO_meth_free>>;

// The transport below OpenSSL. OpenSSL's own socket BIO would raise SIGPIPE in programs that use the library.
struct Stream {
  base::UniqueFd descriptor;
  std::optional<Error> failure;
  bool lacksCertificate = false;  // the server asked for a client certificate, and none is configured
};

// The return value of a BIO for `moved` bytes: the count, or -1 with the flag that tells OpenSSL to retry.
int bioResult(BIO* bio, Stream& stream, const Result<std::size_t>& moved, int retry) {
  BIO_clear_retry_flags(bio);
  if (moved && *moved > 0) return static_cast<int>(*moved);
  if (moved) BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
  if (!moved) stream.failure = moved.error();
  return -1;
}

int writeTo(BIO* bio, const char* bytes, int size) {
  auto& stream = *static_cast<Stream*>(BIO_get_data(bio));
  const auto sent = sendPlain(stream.descriptor.get(), {bytes, static_cast<std::size_t>(size)});
  return bioResult(bio, stream, sent, BIO_FLAGS_WRITE);
}

int readFrom(BIO* bio, char* into, int size) {
  auto& stream = *static_cast<Stream*>(BIO_get_data(bio));
  const auto received = receivePlain(stream.descriptor.get(), {into, static_cast<std::size_t>(size)});
  return bioResult(bio, stream, received, BIO_FLAGS_READ);
}

// OpenSSL calls this when the server asks for a client certificate and none is configured.
int noteMissingCertificate(SSL* session, X509**, EVP_PKEY**) {
  static_cast<Stream*>(SSL_get_app_data(session))->lacksCertificate = true;
  return 0;
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* streamMethod() {
  static const BioMethod method = [] {
    BioMethod made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "leptir stream"));
    BIO_meth_set_write(made.get(), writeTo);
    BIO_meth_set_read(made.get(), readFrom);
    BIO_meth_set_ctrl(made.get(), control);
    return made;
  }();
  return method.get();
}

// --- errors

std::string lastReason() {
  const auto code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

Error certificateError(long result) {
  const std::string why = X509_verify_cert_error_string(result);
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Error(ErrorCode::Unavailable, "its certificate has expired or is not yet valid: " + why);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Error(ErrorCode::Invalid, "its certificate is for another name: " + why + "; correct 'host'");
    default:
      return Error(ErrorCode::Invalid, "its certificate does not verify: " + why + "; set 'ca_file' to its authority");
  }
}

// The server rejects the client certificate or its absence: trying again does not help.
bool isAboutOurCertificate(int reason) {
  return reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED || reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE ||
         reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE || reason == SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED ||
         reason == SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE || reason == SSL_R_TLSV1_ALERT_UNKNOWN_CA;
}

Error wantsCertificate(const std::string& why) {
  return Error(ErrorCode::Invalid,
               "wants a client certificate that it trusts (" + why + "): set 'certificate_file' and 'key_file'");
}

Error tlsError(const SSL* session) {
  const auto result = SSL_get_verify_result(session);
  const bool verifies = (SSL_get_verify_mode(session) & SSL_VERIFY_PEER) != 0;
  if (verifies && result != X509_V_OK) return certificateError(result);
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  if (isAboutOurCertificate(reason)) return wantsCertificate(lastReason());
  if (reason == SSL_R_WRONG_VERSION_NUMBER) return Error(ErrorCode::Unavailable, "does not speak TLS on this port");
  return Error(ErrorCode::Unavailable, "TLS broke: " + lastReason());
}

Error fileError(const char* key, const std::string& file) {
  const auto first = ERR_peek_error();
  const bool isOfTheSystem = ERR_GET_LIB(first) == ERR_LIB_SYS;
  const auto code = isOfTheSystem ? base::codeOfErrno(ERR_GET_REASON(first)) : ErrorCode::Invalid;
  return Error(code, "cannot use " + base::inQuotes(file, 300) + " as '" + key + "': " + lastReason());
}

// --- the socket

class TlsSocket final : public RedisSocket {
 public:
  TlsSocket(std::unique_ptr<Stream> stream, Session session)
      : stream_(std::move(stream)), session_(std::move(session)) {}

  Result<void> shakeHands(BootTime deadline) {
    while (true) {
      ERR_clear_error();
      const auto moved = outcome(SSL_connect(session_.get()), 1);
      receiveWaitsForWrite_ = SSL_want_write(session_.get());
      if (!moved) return moved.error();
      if (*moved > 0) return {};
      if (!pollUntil(deadline, descriptor(), events(false)))
        return Error(ErrorCode::Unavailable, "no answer to the TLS handshake in time: does it speak TLS on this port?");
    }
  }

  Result<std::size_t> send(std::string_view bytes) override {
    ERR_clear_error();
    std::size_t sent = 0;
    const int returned = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent);
    sendWaitsForRead_ = SSL_want_read(session_.get());
    return outcome(returned, sent);
  }

  Result<std::size_t> receive(std::span<char> into) override {
    ERR_clear_error();
    std::size_t received = 0;
    const int returned = SSL_read_ex(session_.get(), into.data(), into.size(), &received);
    receiveWaitsForWrite_ = SSL_want_write(session_.get());
    hasReceived_ = hasReceived_ || returned > 0;
    return outcome(returned, received);
  }

  int descriptor() const override { return stream_->descriptor.get(); }

  // A TLS read may have to write first, and a write to read.
  short events(bool sending) const override {
    return receiveWaitsForWrite_ || (sending && !sendWaitsForRead_) ? POLLIN | POLLOUT : POLLIN;
  }

 private:
  // Returns `moved`, 0 when the call would block, or why the connection ended.
  Result<std::size_t> outcome(int returned, std::size_t moved) {
    if (returned > 0) return moved;
    const int reason = SSL_get_error(session_.get(), returned);
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return std::size_t{0};
    return whyItEnded(reason);
  }

  Error whyItEnded(int reason) const {
    auto broke = stream_->failure.value_or(Error(ErrorCode::Unavailable, "the connection broke"));
    // A TLS 1.3 server refuses a client certificate after the handshake, and its alert may be lost when the connection
    // ends.
    if (stream_->lacksCertificate && stream_->failure && !hasReceived_) return wantsCertificate(broke.message());
    switch (reason) {
      case SSL_ERROR_ZERO_RETURN:
        return Error(ErrorCode::Unavailable, "closed the connection");
      case SSL_ERROR_SYSCALL:
        return broke;
      default:
        return stream_->failure.value_or(tlsError(session_.get()));
    }
  }

  std::unique_ptr<Stream> stream_;  // the session holds a pointer to it
  Session session_;
  bool hasReceived_ = false;
  bool sendWaitsForRead_ = false;
  bool receiveWaitsForWrite_ = false;
};

// --- setup

Result<void> configureVerification(SSL_CTX* context, const RedisAddress& address) {
  if (!address.verify) {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    return {};
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (address.caFile.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  if (SSL_CTX_load_verify_file(context, address.caFile.c_str()) == 1) return {};
  return fileError("ca_file", address.caFile);
}

Result<void> loadClientCertificate(SSL_CTX* context, const RedisAddress& address) {
  if (address.certificateFile.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, address.certificateFile.c_str()) != 1)
    return fileError("certificate_file", address.certificateFile);
  if (SSL_CTX_use_PrivateKey_file(context, address.keyFile.c_str(), SSL_FILETYPE_PEM) != 1)
    return fileError("key_file", address.keyFile);
  return {};
}

Result<Context> makeContext(const RedisAddress& address) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Error(ErrorCode::Unavailable, "TLS cannot begin: " + lastReason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // leptir cannot ask for a passphrase: an encrypted key file is an error.
  SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return 0; });
  SSL_CTX_set_client_cert_cb(context.get(), noteMissingCertificate);
  if (auto done = configureVerification(context.get(), address); !done) return done.error();
  if (auto done = loadClientCertificate(context.get(), address); !done) return done.error();
  return context;
}

// A name is sent to the server (SNI) and must be in the certificate; an IP address must only be in the certificate.
void expectName(SSL* session, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1) return;
  SSL_set1_host(session, host.c_str());
  SSL_set_tlsext_host_name(session, host.c_str());
}

}  // namespace

Result<std::unique_ptr<RedisSocket>> openTls(base::UniqueFd descriptor, const RedisAddress& address,
                                             BootTime deadline) {
  const auto context = makeContext(address);
  if (!context) return context.error();
  Session session(SSL_new(context->get()));
  auto stream = std::make_unique<Stream>(Stream{std::move(descriptor), {}});
  auto* bio = BIO_new(streamMethod());
  if (!session || bio == nullptr) return Error(ErrorCode::Unavailable, "TLS cannot begin: " + lastReason());
  SSL_set_app_data(session.get(), stream.get());
  BIO_set_data(bio, stream.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(session.get(), bio, bio);  // owns it now
  expectName(session.get(), address.host);
  auto socket = std::make_unique<TlsSocket>(std::move(stream), std::move(session));
  if (auto shaken = socket->shakeHands(deadline); !shaken) return shaken.error();
  return socket;
}

}  // namespace leptir::redis
