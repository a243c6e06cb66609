#include "backends/mongodb/id_order.h"

#include <algorithm>

#include "backends/mongodb/mongodb_queue_fixture.h"

namespace leptir::mongodb {
namespace {

class IdOrderTest : public MongodbQueueTest {
 protected:
  // What the filters of filtersAfter() find, one filter after the other.
  std::vector<Document> behind(const Document& id, IdOrder order) {
    std::vector<Document> all;
    const auto sort = Document().add("sort", Document().add("_id", order == IdOrder::Rising ? 1 : -1));
    for (const auto& filter : filtersAfter(*DocumentView(id).find("_id"), order)) {
      const auto found = client().find("tasks", filter, sort);
      all.insert(all.end(), found->begin(), found->end());
    }
    return all;
  }
  MongodbClient& client() {
    if (!client_) client_ = std::make_unique<MongodbClient>(must(MongodbPool::open(addressOf(server.uri()), 0s)));
    return *client_;
  }

 private:
  std::unique_ptr<MongodbClient> client_;
};

TEST_F(IdOrderTest, DocumentsBehindEachOneAreThoseThatTheServerSortsBehindIt) {
  for (const char* const id :
       {"null", "-7.5", "0", R"({"$numberLong": "9007199254740993"})", R"("")", R"("6553f1000.44807438")", R"("z")",
        R"({"a": 1})", R"({"$binary": {"base64": "AAAA", "subType": "00"}})", R"({"$oid": "6553f1006553f1006553f100"})",
        "true", R"({"$date": "2020-01-01T00:00:00Z"})", R"({"$timestamp": {"t": 1, "i": 1}})"})
    insert(std::string(R"({"_id": )") + id + "}");
  const auto found = client().find("tasks", Document(), Document().add("sort", Document().add("_id", 1)));
  ASSERT_TRUE(found) << found.error().message;
  const auto& rising = *found;
  ASSERT_EQ(rising.size(), 13u);
  const auto textOf = [](const std::vector<Document>& documents) {
    std::string text;
    for (const auto& each : documents) text += hexOfId(each) + " ";
    return text;
  };
  for (std::size_t i = 0; i < rising.size(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    EXPECT_EQ(textOf(behind(rising[i], IdOrder::Rising)), textOf({rising.begin() + at + 1, rising.end()})) << i;
    std::vector<Document> before(rising.begin(), rising.begin() + at);
    std::ranges::reverse(before);
    EXPECT_EQ(textOf(behind(rising[i], IdOrder::Falling)), textOf(before)) << i;
  }
}

TEST(IdText, IsReadAsItWasWritten) {
  const auto document = Document().add("a", 1).add("_id", "6553f1000.44807438").add("b", 2);
  const auto id = idOfHex(hexOfId(document));
  ASSERT_TRUE(id);
  EXPECT_EQ(DocumentView(*id).text("_id"), "6553f1000.44807438");
}

TEST(IdText, AnyOtherTextIsRefused) {
  for (const auto* text : {"", "x", "00", "0500000000", "ffffffff00"}) EXPECT_FALSE(idOfHex(text)) << text;
  EXPECT_FALSE(idOfHex(hexOfId(Document().add("_id", 1)) + "00"));
}

}  // namespace
}  // namespace leptir::mongodb
