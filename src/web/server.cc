#include "web/server.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <string_view>

namespace leptir::web {
namespace {

// How many connections above Limits::connections libmicrohttpd accepts before the server closes those that have waited
// longest.
constexpr std::size_t kConnectionsAboveLimit = 64;

static_assert(MHD_VERSION >= 0x00097302, "libmicrohttpd 0.9.74 or later is needed: free callbacks with an argument");

// Pages up to this size are sent also above the limit of memory: health checks, and the sentences of errors. All
// connections together hold some 4 MiB of them at most.
constexpr std::size_t kMaxExemptPageBytes = 4096;

std::string headerOf(MHD_Connection* connection, const char* name) {
  const char* const value = ::MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? "" : value;
}

// No page takes a body, so a body is refused unread.
bool hasBody(MHD_Connection* connection) {
  const auto length = headerOf(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return (!length.empty() && length != "0") || !headerOf(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING).empty();
}

bool isSupportedMethod(std::string_view method) {
  return method == MHD_HTTP_METHOD_GET || method == MHD_HTTP_METHOD_HEAD;
}

// A client may name the page by its whole URL, as for a proxy (RFC 9112, 3.2.2).
std::string_view stripOrigin(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const auto path = target.find('/', scheme.size());
    return path == std::string_view::npos ? "/" : target.substr(path);
  }
  return target;
}

// A page that a browser shows may load and run nothing.
constexpr std::pair<const char*, const char*> kHeadersOfEveryResponse[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"}};

enum class AfterResponse { Keep, Close };

// A page that a client has not taken yet. `bytes` counts the memory of all of them, and outlives the page.
class PageInFlight {
 public:
  PageInFlight(std::string text, std::size_t& bytes) : text_(std::move(text)), totalBytes_(bytes) {
    totalBytes_ += text_.capacity();
  }
  ~PageInFlight() { totalBytes_ -= text_.capacity(); }
  PageInFlight(const PageInFlight&) = delete;
  PageInFlight& operator=(const PageInFlight&) = delete;

  std::string& text() { return text_; }

 private:
  std::string text_;
  std::size_t& totalBytes_;
};

// The library calls it once the response is sent, or its connection is closed.
void freePage(void* page) {
  const std::unique_ptr<PageInFlight> last(static_cast<PageInFlight*>(page));
}

// The response owns the page. nullptr: no memory.
MHD_Response* responseOf(std::unique_ptr<PageInFlight> page) {
  auto& text = page->text();
  auto* response =
      ::MHD_create_response_from_buffer_with_free_callback_cls(text.size(), text.data(), &freePage, page.get());
  if (response != nullptr) (void)page.release();
  return response;
}

MHD_Result send(MHD_Connection* connection, Response from, AfterResponse after, std::size_t& pageBytesInFlight) {
  auto* response = responseOf(std::make_unique<PageInFlight>(std::move(from.body), pageBytesInFlight));
  if (response == nullptr) return MHD_NO;
  ::MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, from.contentType.c_str());
  for (const auto& [name, value] : kHeadersOfEveryResponse) ::MHD_add_response_header(response, name, value);
  for (const auto& [name, value] : from.headers) ::MHD_add_response_header(response, name.c_str(), value.c_str());
  if (after == AfterResponse::Close) ::MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  const auto sent = ::MHD_queue_response(connection, static_cast<unsigned>(from.status), response);
  ::MHD_destroy_response(response);
  return sent;
}

Response tooManyPages() {
  auto refused =
      textResponse(503, "clients read too slowly, and their pages fill the memory for pages; ask again later");
  refused.headers.emplace_back("Retry-After", "1");
  return refused;
}

int socketOf(MHD_Connection* connection) {
  const auto* info = ::MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

}  // namespace

// What the library calls. It has C functions, so no exception may leave them.
class Server::Daemon {
 public:
  Daemon(Routes routes, const Limits& limits, const Clock& clock)
      : routes_(std::move(routes)),
        clock_(clock),
        maxPageBytesInFlight_(limits.pageBytesInFlight),
        openConnections_(limits) {}
  ~Daemon() {
    if (daemon_ != nullptr) ::MHD_stop_daemon(daemon_);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  bool start(int listening, const Limits& limits) {
    daemon_ = ::MHD_start_daemon(MHD_USE_EPOLL, 0, nullptr, nullptr, &Daemon::onRequest, this, MHD_OPTION_LISTEN_SOCKET,
                                 listening, MHD_OPTION_CONNECTION_LIMIT,
                                 static_cast<unsigned>(limits.connections + kConnectionsAboveLimit),
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.headerBytes, MHD_OPTION_STRICT_FOR_CLIENT,
                                 1, MHD_OPTION_NOTIFY_CONNECTION, &Daemon::onConnection, this,
                                 MHD_OPTION_NOTIFY_COMPLETED, &Daemon::onCompleted, this, MHD_OPTION_END);
    return daemon_ != nullptr;
  }

  Result<void> serveFor(Duration longest) {
    const auto now = clock_.bootTime();
    const auto wait = std::clamp(std::min(longest, openConnections_.next() - now), Duration::zero(), longest);
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    const int wholeWait = static_cast<int>(std::min<std::int64_t>(milliseconds, std::numeric_limits<int>::max()));
    if (::MHD_run_wait(daemon_, wholeWait) != MHD_YES)
      return Error(ErrorCode::Internal, "the HTTP server cannot wait for its clients any more");
    // After the shutdown the library reads the end of the connection in its next round, and closes it.
    for (const int socket : openConnections_.connectionsToClose(clock_.bootTime())) ::shutdown(socket, SHUT_RDWR);
    return {};
  }

  std::size_t connections() const { return openConnections_.size(); }
  std::size_t pageBytesInFlight() const { return pageBytesInFlight_; }

 private:
  static void onConnection(void* self, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode code) {
    auto& daemon = *static_cast<Daemon*>(self);
    const int socket = socketOf(connection);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
      daemon.openConnections_.onOpened(socket, daemon.clock_.bootTime());
    } else {
      daemon.openConnections_.onClosed(socket);
    }
  }

  static void onCompleted(void* self, MHD_Connection* connection, void**, MHD_RequestTerminationCode) {
    auto& daemon = *static_cast<Daemon*>(self);
    daemon.openConnections_.onResponseEnded(socketOf(connection), daemon.clock_.bootTime());
  }

  // Called once when the headers of a request are there, and again when the request is whole.
  static MHD_Result onRequest(void* self, MHD_Connection* connection, const char* path, const char* method,
                              const char* /*version*/, const char* /*body*/, std::size_t* /*bodySize*/,
                              void** seenBefore) try {
    auto& daemon = *static_cast<Daemon*>(self);
    if (*seenBefore != nullptr) return daemon.answer(connection, path, method);
    *seenBefore = self;
    if (hasBody(connection)) return daemon.refuseBody(connection, method);
    return MHD_YES;
  } catch (const std::exception&) {
    return MHD_NO;  // no memory: the connection is closed
  }

  MHD_Result refuseBody(MHD_Connection* connection, const char* method) {
    auto refused = isSupportedMethod(method) ? textResponse(413, "a request here has no body")
                                             : routes_.answer({.method = method});
    return send(connection, std::move(refused), AfterResponse::Close, pageBytesInFlight_);
  }

  MHD_Result answer(MHD_Connection* connection, const char* path, const char* method) {
    openConnections_.onRequestReceived(socketOf(connection), clock_.bootTime());
    auto response = routes_.answer({.method = method,
                                    .path = std::string(stripOrigin(path)),
                                    .acceptHeader = headerOf(connection, MHD_HTTP_HEADER_ACCEPT)});
    if (exceedsPageMemory(response.body)) response = tooManyPages();
    return send(connection, std::move(response), AfterResponse::Keep, pageBytesInFlight_);
  }

  bool exceedsPageMemory(const std::string& page) const {
    return page.size() > kMaxExemptPageBytes && pageBytesInFlight_ + page.capacity() > maxPageBytesInFlight_;
  }

  const Routes routes_;
  const Clock& clock_;
  const std::size_t maxPageBytesInFlight_;
  std::size_t pageBytesInFlight_ = 0;  // the memory of all pages in flight
  OpenConnections openConnections_;
  MHD_Daemon* daemon_ = nullptr;
};

Result<std::unique_ptr<Server>> Server::start(base::UniqueFd listening, Routes routes, const Limits& limits,
                                              const Clock& clock) {
  auto daemon = std::make_unique<Daemon>(std::move(routes), limits, clock);
  if (!daemon->start(listening.get(), limits))
    return Error(ErrorCode::Unavailable, "cannot start the HTTP server: memory or descriptors ran out");
  listening.release();  // the library closes it when it stops
  return std::unique_ptr<Server>(new Server(std::move(daemon)));
}

Server::Server(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
Server::~Server() = default;

Result<void> Server::serveFor(Duration longest) {
  return daemon_->serveFor(longest);
}

std::size_t Server::connections() const {
  return daemon_->connections();
}

std::size_t Server::pageBytesInFlight() const {
  return daemon_->pageBytesInFlight();
}

}  // namespace leptir::web
