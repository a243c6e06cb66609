#include "web/routes.h"

#include <exception>

namespace leptir::web {

Response textResponse(int status, std::string_view text) {
  return {.status = status, .body = std::string(text) + "\n"};
}

void Routes::add(std::string path, Handler handler) {
  handlers_.insert_or_assign(std::move(path), std::move(handler));
}

Response Routes::answer(const Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    auto refused = textResponse(405, "only GET and HEAD are answered here");
    refused.headers.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  const auto found = handlers_.find(request.path);
  if (found == handlers_.end()) return notFound();
  try {
    return found->second(request);
  } catch (const std::exception& error) {
    return textResponse(500, std::string("the page cannot be made: ") + error.what());
  }
}

// The path of the request is not repeated: it may hold anything.
Response Routes::notFound() const {
  std::string paths;
  for (const auto& [path, handler] : handlers_) paths += (paths.empty() ? "" : ", ") + path;
  return textResponse(404, "there is no such page; the pages are " + paths);
}

}  // namespace leptir::web
