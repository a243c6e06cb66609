#include "backends/mongodb/mongodb_client.h"

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <optional>
#include <utility>

#include "backends/mongodb/mongodb_options.h"
#include "backends/mongodb/mongodb_reply.h"

namespace leptir::mongodb {
namespace {

using MongocCollection = std::unique_ptr<mongoc_collection_t, decltype(&mongoc_collection_destroy)>;
using MongocCursor = std::unique_ptr<mongoc_cursor_t, decltype(&mongoc_cursor_destroy)>;
using MongocReadPrefs = std::unique_ptr<mongoc_read_prefs_t, decltype(&mongoc_read_prefs_destroy)>;

// Without a batch size a server sends 101 documents at first, and waits to be asked for more.
Document withBatchSize(const Document& options) {
  constexpr std::int64_t kDocuments = 1000;
  const DocumentView view(options);
  if (view.find("batchSize")) return options;
  return Document(options).add("batchSize", view.integer("limit").value_or(kDocuments));
}

Document serverTimeCommand() {
  const Document pipeline[] = {Document().add("$documents", std::vector<Document>(1)),
                               Document().add("$project", Document().add("now", "$$NOW"))};
  return Document().add("aggregate", 1).add("pipeline", std::span<const Document>(pipeline)).add("cursor", Document());
}

}  // namespace

struct MongodbClient::Impl {
  explicit Impl(std::shared_ptr<MongodbPool> from)
      : pool(std::move(from)), primary(mongoc_read_prefs_new(MONGOC_READ_PRIMARY), &mongoc_read_prefs_destroy) {}
  ~Impl() {
    if (client != nullptr) pool->push(client);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  struct Search {
    enum class By { Filter, Pipeline } by = By::Filter;
    std::string_view collection;
    const Document& query;  // a filter, or {pipeline: [the stages]}
    const Document options;
    ReadFrom from = ReadFrom::Primary;
    std::size_t mostBytes = std::numeric_limits<std::size_t>::max();
  };
  // What the server's clock read at some time of ours.
  struct ClockReading {
    Time server;
    BootTime at;
  };

  const std::string& where() const { return pool->address().where; }
  const char* database() const { return pool->address().database.c_str(); }
  const mongoc_read_prefs_t* prefs(ReadFrom from) const {
    return from == ReadFrom::Primary ? primary.get() : mongoc_client_get_read_prefs(client);
  }

  MongodbResult<void> takeClient();
  MongodbResult<ServerInfo> askServer();
  MongodbResult<Document> command(const Document& command, const mongoc_read_prefs_t* prefs);
  MongodbResult<std::vector<Document>> find(const Search& search);
  MongodbResult<std::vector<Document>> findOnce(const Search& search);
  MongodbResult<ClockReading> askTime();
  template <class Add>
  MongodbResult<WriteReply> bulk(std::string_view collection, std::span<const Document> statements, Add add);

  // Forgets what is known of the server, if another one may answer the next call, and returns the error.
  tl::unexpected<MongodbError> noteFailure(MongodbError error) {
    if (error.remedy == Remedy::Retry || error.remedy == Remedy::Reconnect || error.remedy == Remedy::Check) {
      info.reset();
      time.reset();
    }
    return tl::unexpected(std::move(error));
  }

  std::shared_ptr<MongodbPool> pool;
  MongocReadPrefs primary;
  mongoc_client_t* client = nullptr;  // null: not taken out of the pool yet
  std::optional<ServerInfo> info;
  std::optional<ClockReading> time;
};

MongodbResult<void> MongodbClient::Impl::takeClient() {
  if (!pool->isOfThisProcess())
    return tl::unexpected(
        MongodbError{Remedy::Configure, 0,
                     where() + ": opened before this process was forked: open it in the child, after the fork"});
  if (client == nullptr) client = pool->pop();
  if (client == nullptr)
    return tl::unexpected(MongodbError{
        Remedy::Reconnect, 0, where() + ": all connections of this process are in use: raise the option maxPoolSize"});
  return {};
}

MongodbResult<Document> MongodbClient::Impl::command(const Document& command, const mongoc_read_prefs_t* prefs) {
  MongocReply reply;
  bson_error_t error{};
  if (mongoc_client_read_command_with_opts(client, database(), command.get(), prefs, nullptr, reply.out(), &error))
    return reply.copy();
  return noteFailure(errorOf(error, reply.view(), CallKind::Read, where()));
}

MongodbResult<ServerInfo> MongodbClient::Impl::askServer() {
  constexpr std::int32_t kUnknownCommand = 59;
  auto hello = command(Document().add("hello", 1), primary.get());
  if (!hello && hello.error().code == kUnknownCommand) hello = command(Document().add("isMaster", 1), primary.get());
  if (!hello) return tl::unexpected(std::move(hello.error()));
  const auto build = command(Document().add("buildInfo", 1), primary.get());
  if (!build) return tl::unexpected(build.error());
  const auto* uri = mongoc_client_get_uri(client);
  auto found = serverInfoOf(*hello, *build, mongoc_uri_get_option_as_bool(uri, MONGOC_URI_RETRYWRITES, true));
  if (found.isNewEnough()) return found;
  return tl::unexpected(
      MongodbError{Remedy::Configure, 0,
                   fmt::format("{}: the server is {}, and leptir needs MongoDB 4.2 or later", where(), found.name)});
}

MongodbResult<std::vector<Document>> MongodbClient::Impl::find(const Search& search) {
  if (auto taken = takeClient(); !taken) return tl::unexpected(std::move(taken.error()));
  const auto begin = systemClock().bootTime();
  auto found = findOnce(search);
  // libmongoc repeats a lost `find` or `aggregate` itself, but not what follows it: then the cursor is gone.
  const bool isLost = !found && (found.error().remedy == Remedy::Retry || found.error().remedy == Remedy::Reconnect);
  const bool isEarly = systemClock().bootTime() - begin < std::chrono::milliseconds(kMaxWaitMs) / 2;
  if (isLost && isEarly) found = findOnce(search);
  return found;
}

MongodbResult<std::vector<Document>> MongodbClient::Impl::findOnce(const Search& search) {
  const MongocCollection at(mongoc_client_get_collection(client, database(), std::string(search.collection).c_str()),
                            &mongoc_collection_destroy);
  const auto* const query = search.query.get();
  const auto* const options = search.options.get();
  const MongocCursor cursor(
      search.by == Search::By::Pipeline
          ? mongoc_collection_aggregate(at.get(), MONGOC_QUERY_NONE, query, options, prefs(search.from))
          : mongoc_collection_find_with_opts(at.get(), query, options, prefs(search.from)),
      &mongoc_cursor_destroy);
  std::vector<Document> found;
  std::size_t bytes = 0;
  const bson_t* next = nullptr;
  while (bytes <= search.mostBytes && mongoc_cursor_next(cursor.get(), &next)) {
    bytes += next->len;
    found.emplace_back(*next);
  }
  bson_error_t error{};
  const bson_t* reply = nullptr;
  if (!mongoc_cursor_error_document(cursor.get(), &error, &reply)) return found;
  const Document nothing;
  return noteFailure(errorOf(error, DocumentView(reply != nullptr ? reply : nothing.get()), CallKind::Read, where()));
}

MongodbResult<MongodbClient::Impl::ClockReading> MongodbClient::Impl::askTime() {
  auto answer = command(serverTimeCommand(), primary.get());
  const bool isUnknown = !answer && answer.error().remedy == Remedy::Configure;
  if (isUnknown) answer = command(Document().add("hello", 1), primary.get());
  if (!answer) return tl::unexpected(std::move(answer.error()));
  const DocumentView reply(*answer);
  const auto documents = reply.documents("cursor.firstBatch");
  const auto now = documents.empty() ? reply.date("localTime") : documents.front().date("now");
  if (!now) return tl::unexpected(MongodbError{Remedy::Configure, 0, where() + ": the server does not say its time"});
  return ClockReading{*now, systemClock().bootTime()};
}

template <class Add>
MongodbResult<WriteReply> MongodbClient::Impl::bulk(std::string_view collection, std::span<const Document> statements,
                                                    Add add) {
  if (auto taken = takeClient(); !taken) return tl::unexpected(std::move(taken.error()));
  const auto limit = info ? info->maxDocumentBytes : ServerInfo().maxDocumentBytes;
  MongodbBulk bulk(client, database(), std::string(collection), limit, where());
  for (const auto& statement : statements) (bulk.*add)(statement);
  auto reply = bulk.execute();
  if (!reply) return noteFailure(std::move(reply.error()));
  return reply;
}

MongodbClient::MongodbClient(std::shared_ptr<MongodbPool> pool) : impl_(std::make_unique<Impl>(std::move(pool))) {}

MongodbClient::~MongodbClient() = default;

MongodbResult<ServerInfo> MongodbClient::serverInfo() {
  if (auto taken = impl_->takeClient(); !taken) return tl::unexpected(std::move(taken.error()));
  if (impl_->info) return *impl_->info;
  auto info = impl_->askServer();
  if (info) impl_->info = *info;
  return info;
}

MongodbResult<Document> MongodbClient::read(const Document& command, ReadFrom from) {
  if (auto taken = impl_->takeClient(); !taken) return tl::unexpected(std::move(taken.error()));
  return impl_->command(command, impl_->prefs(from));
}

MongodbResult<Document> MongodbClient::write(const Document& command) {
  if (auto taken = impl_->takeClient(); !taken) return tl::unexpected(std::move(taken.error()));
  MongocReply reply;
  bson_error_t error{};
  const bool isDone = mongoc_client_write_command_with_opts(impl_->client, impl_->database(), command.get(), nullptr,
                                                            reply.out(), &error);
  if (isDone && !reply.view().find("writeConcernError")) return reply.copy();
  return impl_->noteFailure(errorOf(error, reply.view(), CallKind::Write, where()));
}

MongodbResult<std::vector<Document>> MongodbClient::find(std::string_view collection, const Document& filter,
                                                         const Document& options, ReadFrom from) {
  return impl_->find({.collection = collection, .query = filter, .options = withBatchSize(options), .from = from});
}

MongodbResult<std::vector<Document>> MongodbClient::findUpTo(std::size_t bytes, std::string_view collection,
                                                             const Document& filter, const Document& options) {
  return impl_->find(
      {.collection = collection, .query = filter, .options = withBatchSize(options), .mostBytes = bytes});
}

MongodbResult<std::vector<Document>> MongodbClient::aggregate(std::string_view collection,
                                                              std::span<const Document> stages) {
  return impl_->find({.by = Impl::Search::By::Pipeline,
                      .collection = collection,
                      .query = Document().add("pipeline", stages),
                      .options = withBatchSize(Document())});
}

MongodbResult<WriteReply> MongodbClient::insertAll(std::string_view collection, std::span<const Document> documents) {
  return impl_->bulk(collection, documents, &MongodbBulk::insert);
}

MongodbResult<WriteReply> MongodbClient::updateAll(std::string_view collection, std::span<const Document> statements) {
  return impl_->bulk(collection, statements, &MongodbBulk::update);
}

MongodbResult<WriteReply> MongodbClient::deleteAll(std::string_view collection, std::span<const Document> statements) {
  return impl_->bulk(collection, statements, &MongodbBulk::remove);
}

MongodbResult<Time> MongodbClient::serverTime() {
  if (auto taken = impl_->takeClient(); !taken) return tl::unexpected(std::move(taken.error()));
  auto& time = impl_->time;
  if (!time || systemClock().bootTime() - time->at >= impl_->pool->clockMaxAge()) {
    auto reading = impl_->askTime();
    if (!reading) return tl::unexpected(std::move(reading.error()));
    time = *reading;
  }
  return time->server + (systemClock().bootTime() - time->at);
}

const std::string& MongodbClient::where() const {
  return impl_->where();
}

const std::string& MongodbClient::database() const {
  return impl_->pool->address().database;
}

}  // namespace leptir::mongodb
