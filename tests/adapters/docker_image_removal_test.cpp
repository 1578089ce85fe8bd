#include <catch2/catch.hpp>

#include "adapters/table_engine.hpp"

using namespace plimsoll;
using plimsoll::test::TableEngine;
using ports::ImageRemoval;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

/// An engine with image `r.io/a@sha256:1`, called `tags` and `digests`, that no container uses.
struct Engine : TableEngine {
  explicit Engine(const std::string& tags, const std::string& digests = R"("r.io/a@sha256:1")") {
    replies["GET /images/r.io/a@sha256:1/json"] =
        reply(200, R"({"Id":"sha256:id","RepoTags":[)" + tags + R"(],"RepoDigests":[)" + digests + "]}");
    replies["GET /containers/json"] = reply(200, "[]");
    replies["DELETE /images/"] = reply(200, "[]");
  }
  Result<ImageRemoval> remove(const Lines& names) {
    auto docker = engine();
    return docker.remove_image("r.io/a@sha256:1", names, ports::within(5s));
  }
  Lines deleted() {
    auto lines = asked();
    std::erase_if(lines, [](const std::string& line) { return !line.starts_with("DELETE"); });
    return lines;
  }
};

/// The same with the containerd image store, after a pull moved the tag to another image.
struct Nameless : Engine {
  explicit Nameless(const std::string& tags) : Engine("") {
    replies["GET /images/r.io/a@sha256:1/json"] = says(404, "no such image");
    replies["GET /images/sha256:1/json"] =
        reply(200, R"({"Id":"sha256:1","RepoTags":[)" + tags + R"(],"RepoDigests":[]})");
  }
};

const Lines kOurs{"r.io/a:1", "r.io/a@sha256:1"};

}  // namespace

TEST_CASE("an image goes with all names that the engine lists for it, tags first, and by no others") {
  Engine engine(R"("r.io/a:1")");
  CHECK(*engine.remove({"r.io/a:0", "r.io/a:1", "r.io/a@sha256:1"}) == ImageRemoval::removed);
  CHECK(engine.deleted() == Lines{"DELETE /images/r.io/a:1", "DELETE /images/r.io/a@sha256:1"});
}

TEST_CASE("a tag that has moved to another image stays") {
  Engine engine("");
  CHECK(*engine.remove(kOurs) == ImageRemoval::removed);
  CHECK(engine.deleted() == Lines{"DELETE /images/r.io/a@sha256:1"});
}

TEST_CASE("an image with a name that was not given stays whole") {
  for (const auto* tags : {R"("r.io/a:1","r.io/a:stable")", R"("r.io/a:1","r.io/b:1")"}) {
    Engine engine(tags);
    CHECK(*engine.remove(kOurs) == ImageRemoval::kept);
    CHECK(engine.deleted().empty());
  }
  Engine engine(R"("r.io/a:1")", R"("r.io/a@sha256:1","r.io/a@sha256:2")");
  CHECK(*engine.remove(kOurs) == ImageRemoval::kept);
  CHECK(*engine.remove({"r.io/a:1", "r.io/a@sha256:1", "r.io/a@sha256:2"}) == ImageRemoval::removed);
}

TEST_CASE("an image that any container was made from stays whole") {
  Engine engine(R"("r.io/a:1")");
  engine.replies["GET /containers/json?all=1&filters=%7B%22ancestor%22%3A%5B%22sha256%3Aid%22%5D%7D"] =
      TableEngine::reply(200, R"([{"Id":"c1"}])");
  CHECK(*engine.remove(kOurs) == ImageRemoval::kept);
  CHECK(engine.deleted().empty());
}

TEST_CASE("an image that is gone is absent, and one that the engine holds on to is kept") {
  Engine gone("");
  gone.replies["GET /images/r.io/a@sha256:1/json"] = TableEngine::says(404, "no such image");
  CHECK(*gone.remove(kOurs) == ImageRemoval::absent);
  Engine raced(R"("r.io/a:1")");
  raced.replies["DELETE /images/r.io/a:1"] = TableEngine::says(409, "conflict: unable to remove");
  CHECK(*raced.remove(kOurs) == ImageRemoval::kept);
  Engine quick(R"("r.io/a:1")");
  quick.replies["DELETE /images/r.io/a@sha256:1"] = TableEngine::says(404, "no such image");
  CHECK(*quick.remove(kOurs) == ImageRemoval::removed);
}

TEST_CASE("an image that lost its name to a later pull goes by its digest, unless somebody named it or uses it") {
  Nameless left("");
  CHECK(*left.remove(kOurs) == ImageRemoval::removed);
  CHECK(left.deleted() == Lines{"DELETE /images/sha256:1"});
  Nameless named(R"("somebody/else:1")");
  CHECK(*named.remove(kOurs) == ImageRemoval::absent);
  CHECK(named.deleted().empty());
  Nameless used("");
  used.replies["GET /containers/json"] = TableEngine::reply(200, R"([{"Id":"c1"}])");
  CHECK(*used.remove(kOurs) == ImageRemoval::kept);
  CHECK(used.deleted().empty());
}

TEST_CASE("an engine that fails to remove an image is an error that names it") {
  Engine engine(R"("r.io/a:1")");
  engine.replies["DELETE /images/r.io/a:1"] = TableEngine::says(500, "driver failed");
  const auto failed = engine.remove(kOurs);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::transient);
  CHECK_THAT(failed.error().message, Catch::Contains("r.io/a:1") && Catch::Contains("driver failed"));
}
