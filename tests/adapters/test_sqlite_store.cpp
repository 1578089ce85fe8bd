#include <sqlite3.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "adapters/sqlite_schema.hpp"
#include "adapters/sqlite_store.hpp"
#include "adapters/temporary_directory.hpp"

using namespace plimsoll;
using adapters::SqliteStore;
using test::TemporaryDirectory;

namespace {

const TargetId kApi{"dev", "backend", "dev-1"};
const TargetId kWeb{"dev", "frontend", "dev-1"};

std::unique_ptr<SqliteStore> open_store(const std::string& path) {
  auto opened = SqliteStore::open(path);
  REQUIRE(opened);
  CHECK(opened->warnings.empty());
  return std::move(opened->store);
}

ports::HistoryEntry entry_of(const TargetId& target, std::int64_t started) {
  return {.target = target,
          .revision = "main@sha1:0123456789012345678901234567890123456789",
          .author = "Kim <kim@example.org>",
          .subject = "deploy 'quoted' → 1.4.2",
          .images = "api: 1.4.1 → 1.4.2",
          .phase = OperationPhase::running,
          .message = "waiting",
          .started_at = Instant{Millis{started}}};
}

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  CHECK(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
}

}  // namespace

TEST_CASE("a history entry comes back as it was recorded, also after a restart") {
  const TemporaryDirectory directory;
  auto recorded = entry_of(kApi, 1'700'000'000'123);
  auto store = open_store(directory.path("state.db"));
  recorded.id = *store->record(recorded);
  CHECK(recorded.id > 0);
  recorded.phase = OperationPhase::succeeded;
  recorded.finished_at = Instant{Millis{1'700'000'005'456}};
  REQUIRE(store->record(recorded));
  store.reset();  // nobody else may have it open
  store = open_store(directory.path("state.db"));

  const auto entries = *store->history(kApi, 10);
  REQUIRE(entries.size() == 1);
  const auto& read = entries.front();
  CHECK(read.id == recorded.id);
  CHECK(read.target == kApi);
  CHECK(read.revision == recorded.revision);
  CHECK(read.author == recorded.author);
  CHECK(read.subject == recorded.subject);
  CHECK(read.images == recorded.images);
  CHECK(read.phase == OperationPhase::succeeded);
  CHECK(read.message == recorded.message);
  CHECK(read.started_at == recorded.started_at);
  CHECK(read.finished_at == recorded.finished_at);
}

TEST_CASE("history is newest first, and empty parts of the filter match all") {
  const TemporaryDirectory directory;
  auto store = open_store(directory.path("state.db"));
  const TargetId prod{"prod", "backend", "web-1"};
  for (const auto& target : {kApi, kWeb, prod}) REQUIRE(store->record(entry_of(target, 1000)));

  const auto targets = [&](const TargetId& filter, int limit) {
    std::vector<std::string> names;
    const auto entries = store->history(filter, limit);
    for (const auto& one : *entries) names.push_back(to_string(one.target));
    return names;
  };
  using Names = std::vector<std::string>;
  CHECK(targets({}, 10) == Names{"prod/backend@web-1", "dev/frontend@dev-1", "dev/backend@dev-1"});
  CHECK(targets({}, 2) == Names{"prod/backend@web-1", "dev/frontend@dev-1"});
  CHECK(targets({"dev", "", ""}, 10) == Names{"dev/frontend@dev-1", "dev/backend@dev-1"});
  CHECK(targets({"", "backend", ""}, 10) == Names{"prod/backend@web-1", "dev/backend@dev-1"});
  CHECK(targets({"dev", "backend", "dev-1"}, 10) == Names{"dev/backend@dev-1"});
  CHECK(targets({"stage", "", ""}, 10).empty());
  CHECK(targets({}, -1).empty());
}

TEST_CASE("what has not ended is found again, oldest first") {
  const TemporaryDirectory directory;
  auto store = open_store(directory.path("state.db"));
  auto ended = entry_of(kApi, 1000);
  ended.id = *store->record(ended);
  REQUIRE(store->record(entry_of(kWeb, 2000)));
  REQUIRE(store->record(entry_of(kApi, 3000)));
  ended.finished_at = Instant{Millis{1500}};
  REQUIRE(store->record(ended));

  const auto open = store->unfinished();
  REQUIRE(open);
  REQUIRE(open->size() == 2);
  CHECK(open->front().target == kWeb);
  CHECK(open->back().started_at == Instant{Millis{3000}});
  CHECK(open->back().phase == OperationPhase::running);
}

TEST_CASE("only the last 500 entries of a target are kept, and other targets keep theirs") {
  const TemporaryDirectory directory;
  auto store = open_store(directory.path("state.db"));
  REQUIRE(store->record(entry_of(kWeb, 1)));
  for (int i = 1; i <= SqliteStore::kKeptPerTarget + 3; ++i) REQUIRE(store->record(entry_of(kApi, i)));

  const auto kept = *store->history(kApi, 1000);
  REQUIRE(kept.size() == 500);
  CHECK(kept.front().started_at == Instant{Millis{503}});
  CHECK(kept.back().started_at == Instant{Millis{4}});
  CHECK(store->history(kWeb, 1000)->size() == 1);
}

TEST_CASE("retry entries are one per service, replaced by saving and cleared by target") {
  const TemporaryDirectory directory;
  auto store = open_store(directory.path("state.db"));
  ports::RetryEntry entry{kApi, "v1:aa", 1, Instant{Millis{5000}}, "no such tag", "api", ErrorKind::missing};
  REQUIRE(store->save_retry(entry));
  entry.attempts = 2;
  entry.next = Instant::max();
  REQUIRE(store->save_retry(entry));
  REQUIRE(store->save_retry({kApi, "", 4, Instant{Millis{1}}, "network taken", "", ErrorKind::conflict}));
  REQUIRE(store->save_retry({kWeb, "v1:bb", 1, Instant{Millis{2}}, "", "web"}));
  store.reset();  // nobody else may have it open
  store = open_store(directory.path("state.db"));

  auto read = *store->retries();
  REQUIRE(read.size() == 3);
  CHECK(read[0].service.empty());
  CHECK(read[0].kind == ErrorKind::conflict);
  CHECK(read[1].target == kApi);
  CHECK(read[1].service == "api");
  CHECK(read[1].fingerprint == "v1:aa");
  CHECK(read[1].attempts == 2);
  CHECK(read[1].next == Instant::max());
  CHECK(read[1].message == "no such tag");
  CHECK(read[1].kind == ErrorKind::missing);

  REQUIRE(store->clear_retry(kApi));
  read = *store->retries();
  REQUIRE(read.size() == 1);
  CHECK(read[0].target == kWeb);
}

TEST_CASE("an image record stays pulled, keeps when it was deployed, and goes when it is forgotten") {
  const TemporaryDirectory directory;
  auto store = open_store(directory.path("state.db"));
  ports::ImageRecord api{kApi, "api", "unix:///a.sock", "r.io/api:1", "sha256:1", true, std::nullopt};
  ports::ImageRecord other{kWeb, "web", "unix:///b.sock", "r.io/web:1", "sha256:2", false, Instant{Millis{7}}};
  REQUIRE(store->record_images({api, other}));
  api.pulled = false;
  api.deployed_at = Instant{Millis{5000}};
  REQUIRE(store->record_images({api}));
  api.deployed_at.reset();
  REQUIRE(store->record_images({api}));
  store.reset();  // nobody else may have it open
  store = open_store(directory.path("state.db"));

  api.pulled = true;
  api.deployed_at = Instant{Millis{5000}};
  CHECK(*store->images("unix:///a.sock") == std::vector{api});
  CHECK(*store->images("unix:///b.sock") == std::vector{other});
  CHECK(store->images("unix:///c.sock")->empty());
  auto second = api;
  second.reference = "r.io/api:2";
  REQUIRE(store->record_images({second}));
  REQUIRE(store->forget_images({api, other}));
  CHECK(*store->images("unix:///a.sock") == std::vector{second});
  CHECK(store->images("unix:///b.sock")->empty());
}

TEST_CASE("a database of the first schema keeps its content and takes image records") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("state.db");
  run_sql(path, R"sql(
    CREATE TABLE history (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      environment TEXT NOT NULL, app TEXT NOT NULL, instance TEXT NOT NULL,
      revision TEXT NOT NULL, author TEXT NOT NULL, subject TEXT NOT NULL,
      images TEXT NOT NULL, phase TEXT NOT NULL, message TEXT NOT NULL,
      started_at INTEGER NOT NULL, finished_at INTEGER
    );
    CREATE INDEX history_by_target ON history (environment, app, instance, id);
    CREATE TABLE retry (
      environment TEXT NOT NULL, app TEXT NOT NULL, instance TEXT NOT NULL, service TEXT NOT NULL,
      fingerprint TEXT NOT NULL, kind TEXT NOT NULL, attempts INTEGER NOT NULL, next INTEGER NOT NULL,
      message TEXT NOT NULL,
      PRIMARY KEY (environment, app, instance, service)
    ) WITHOUT ROWID;
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO history VALUES (7, 'dev', 'backend', 'dev-1', 'main@sha1:aa', 'Kim', 'first', '', 'Succeeded', '', 1, 2);
    INSERT INTO setting VALUES ('last_commit', 'aaaa');
    PRAGMA user_version = 1;
  )sql");
  auto store = open_store(path);
  REQUIRE(store->history(kApi, 10)->size() == 1);
  CHECK(store->history(kApi, 10)->front().id == 7);
  CHECK(store->images("unix:///a.sock")->empty());
  REQUIRE(store->record_images({{kApi, "api", "unix:///a.sock", "r.io/api:1", "sha256:1", true, std::nullopt}}));
  store.reset();
  CHECK(open_store(path)->images("unix:///a.sock")->size() == 1);
}

TEST_CASE("the database can be read by its owner only") {
  const TemporaryDirectory directory;
  auto store = open_store(directory.path("state.db"));
  REQUIRE(store->record(entry_of(kApi, 1)));
  CHECK(test::mode_of(directory.path("state.db")) == 0600);
  CHECK(test::mode_of(directory.path("state.db-wal")) == 0600);
}

TEST_CASE("a file that is not a database is kept aside, and a new one started with a warning") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("state.db", std::string(9000, 'x'));
  auto opened = SqliteStore::open(path);
  REQUIRE(opened);
  REQUIRE(opened->warnings.size() == 1);
  CHECK_THAT(opened->warnings.front(), Catch::Contains(path + ".corrupt"));
  CHECK(std::filesystem::file_size(path + ".corrupt") == 9000);
  CHECK(opened->store->record(entry_of(kApi, 1)));
}

TEST_CASE("a database with a damaged page is kept aside") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("state.db");
  {
    auto store = open_store(path);
    for (int i = 0; i < 200; ++i) REQUIRE(store->record(entry_of(kApi, i)));
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 3);
    file << std::string(8192, '\xff');
  }
  auto opened = SqliteStore::open(path);
  REQUIRE(opened);
  CHECK(opened->warnings.size() == 1);
  CHECK(opened->store->history({}, 10)->empty());
}

TEST_CASE("a database of a newer release is refused and left alone") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("state.db");
  { REQUIRE(open_store(path)->record(entry_of(kApi, 1))); }
  run_sql(path, "PRAGMA user_version = 99");
  auto opened = SqliteStore::open(path);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == ErrorKind::rejected);
  CHECK_THAT(opened.error().message, Catch::Contains("99") && Catch::Contains(path));
  run_sql(path, "PRAGMA user_version = " + std::to_string(adapters::kSchemaVersion));
  CHECK(open_store(path)->history({}, 10)->size() == 1);
}

TEST_CASE("a full disk is a transient error that names the file, and the store works again afterwards") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("state.db");
  bool corrupt = false;
  auto database = adapters::SqliteDatabase::open(path, corrupt);
  REQUIRE(database);
  REQUIRE(database->execute("CREATE TABLE t (a TEXT); PRAGMA max_page_count = 3"));
  const std::string big(100'000, 'x');
  auto failed = adapters::SqliteStatement(*database, "INSERT INTO t VALUES (?)").bind(big).run();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::transient);
  CHECK_THAT(failed.error().message, Catch::Contains(path) && Catch::Contains("disk is full"));
  REQUIRE(database->execute("PRAGMA max_page_count = 1000"));
  CHECK(adapters::SqliteStatement(*database, "INSERT INTO t VALUES (?)").bind(big).run());
}

TEST_CASE("a database that is there opens on a full disk, and what it holds can be read") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("state.db");
  REQUIRE(SqliteStore::open(path)->store->record(entry_of(kApi, 1)));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto disposition = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit no_room{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &no_room) == 0);
  auto opened = SqliteStore::open(path);
  const std::size_t read = opened ? opened->store->history({}, 10)->size() : 0;
  const bool written = opened && opened->store->record(entry_of(kApi, 1));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, disposition);
  INFO((opened ? std::string() : opened.error().message));
  CHECK(read == 1);
  CHECK_FALSE(written);
  REQUIRE(opened);
  CHECK(opened->store->record(entry_of(kApi, 1)));
}

TEST_CASE("a transaction that is not committed leaves nothing behind") {
  const TemporaryDirectory directory;
  bool corrupt = false;
  auto database = adapters::SqliteDatabase::open(directory.path("state.db"), corrupt);
  REQUIRE(database);
  REQUIRE(database->execute("CREATE TABLE t (a INTEGER)"));
  {
    adapters::SqliteTransaction transaction(*database);
    REQUIRE(transaction.begin());
    REQUIRE(database->execute("INSERT INTO t VALUES (1)"));
  }
  adapters::SqliteStatement count(*database, "SELECT count(*) FROM t");
  REQUIRE(*count.step());
  CHECK(count.number(0) == 0);
}

TEST_CASE("a directory that does not exist is an error that names the file") {
  auto opened = SqliteStore::open("/nonexistent/plimsoll/state.db");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == ErrorKind::rejected);
  CHECK_THAT(opened.error().message, Catch::Contains("/nonexistent/plimsoll/state.db"));
}

TEST_CASE("what stands where the database should be is named, with what to do") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("plimsoll.db");
  std::string why;
  SECTION("a directory") {
    std::filesystem::create_directory(path);
    why = "it is a directory; move it away";
  }
  SECTION("a symbolic link") {
    std::filesystem::create_symlink(directory.path("elsewhere"), path);
    why = "it is a symbolic link, which is not followed; move it away";
  }
  const auto opened = SqliteStore::open(path);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == ErrorKind::rejected);
  CHECK(opened.error().message == "cannot open the database " + path + ": " + why);
}
