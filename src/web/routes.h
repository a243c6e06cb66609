// Which function answers which path of a server. Knows nothing of sockets.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leptir::web {

struct Request {
  std::string method{};        // "GET"
  std::string path{};          // decoded, without a query: "/metrics"
  std::string acceptHeader{};  // the header `Accept`; empty: there is none
};

struct Response {
  int status = 200;
  std::string contentType = "text/plain; charset=utf-8";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones
};

// A response with one sentence as its body, in plain text that ends with a line end.
Response textResponse(int status, std::string_view text);

class Routes {
 public:
  using Handler = std::function<Response(const Request&)>;

  // `handler` answers GET and HEAD of exactly this path. It is called in the server's thread; what it throws becomes a
  // response of status 500.
  void add(std::string path, Handler handler);

  // 404: there is no such path. 405: the method is neither GET nor HEAD.
  Response answer(const Request& request) const;

 private:
  Response notFound() const;

  std::map<std::string, Handler> handlers_;
};

}  // namespace leptir::web
