#include "backends/mongodb/mongodb_pool.h"

#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <utility>

#include "backends/mongodb/libmongoc.h"
#include "backends/mongodb/mongodb_error.h"
#include "base/errno_text.h"
#include "base/escape.h"

namespace leptir::mongodb {
namespace {

using MongocUri = std::unique_ptr<mongoc_uri_t, decltype(&mongoc_uri_destroy)>;

// Threads that start meanwhile leave all signals to the other threads of the process.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &previousMask_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &previousMask_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t previousMask_{};
};

// libmongoc says of a file that it cannot read only that TLS failed.
Result<void> checkCertificateFiles(const mongoc_uri_t& uri, const std::string& where) {
  for (const auto* option : {MONGOC_URI_TLSCAFILE, MONGOC_URI_TLSCERTIFICATEKEYFILE}) {
    const char* file = mongoc_uri_get_option_as_utf8(&uri, option, nullptr);
    if (file == nullptr) continue;
    errno = 0;
    if (std::ifstream(file).peek() != std::ifstream::traits_type::eof()) continue;
    const auto why = errno != 0 ? base::errnoText(errno) : "it is empty";
    return Error(ErrorCode::Invalid,
                 fmt::format("{}: cannot read the certificates in {}: {}", where, base::inQuotes(file, 200), why));
  }
  return {};
}

}  // namespace

MongodbPool::MongodbPool(MongodbAddress address, mongoc_client_pool_t* pool, Duration clockMaxAge)
    : address_(std::move(address)), clockMaxAge_(clockMaxAge), pool_(pool) {}

Result<std::shared_ptr<MongodbPool>> MongodbPool::open(MongodbAddress address, Duration clockMaxAge) {
  initializeLibmongoc();
  const SignalsBlocked blocked;
  const MongocUri uri(mongoc_uri_new(address.uri.c_str()), &mongoc_uri_destroy);
  if (uri == nullptr)
    return Error(ErrorCode::Invalid, address.where + ": the connection is not possible as configured");
  if (auto checked = checkCertificateFiles(*uri, address.where); !checked) return checked.error();
  bson_error_t error{};
  auto* pool = mongoc_client_pool_new_with_error(uri.get(), &error);
  if (pool == nullptr) return errorOf(error, Document(), CallKind::Read, address.where).error();
  mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2);
  return std::shared_ptr<MongodbPool>(new MongodbPool(std::move(address), pool, clockMaxAge));
}

MongodbPool::~MongodbPool() {
  if (isOfThisProcess()) mongoc_client_pool_destroy(pool_);
}

mongoc_client_t* MongodbPool::pop() {
  if (!isOfThisProcess()) return nullptr;
  const SignalsBlocked blocked;
  return mongoc_client_pool_pop(pool_);
}

void MongodbPool::push(mongoc_client_t* client) {
  if (isOfThisProcess()) mongoc_client_pool_push(pool_, client);
}

}  // namespace leptir::mongodb
