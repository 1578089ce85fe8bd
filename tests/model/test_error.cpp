#include <catch2/catch.hpp>

#include "model/instant.hpp"
#include "model/result.hpp"

using namespace plimsoll;

TEST_CASE("every kind of error has its name and its reaction") {
  const auto [kind, name, reaction] = GENERATE(table<ErrorKind, std::string, Reaction>({
      {ErrorKind::transient, "transient", Reaction::retry},
      {ErrorKind::deadline, "deadline", Reaction::retry},
      {ErrorKind::cancelled, "cancelled", Reaction::drop},
      {ErrorKind::missing, "missing", Reaction::wait},
      {ErrorKind::rejected, "rejected", Reaction::stall},
      {ErrorKind::conflict, "conflict", Reaction::stall},
      {ErrorKind::unauthorized, "unauthorized", Reaction::retry_slow},
      {ErrorKind::internal, "internal", Reaction::retry},
  }));
  CHECK(to_string(kind) == name);
  CHECK(reaction_to(kind) == reaction);
}

TEST_CASE("context goes in front of the message and changes nothing else") {
  const Error error = with_context({ErrorKind::conflict, "name taken", Millis{5}}, "dev-1");
  CHECK(error.message == "dev-1: name taken");
  CHECK(error.kind == ErrorKind::conflict);
  CHECK(error.retry_after == Millis{5});
}

TEST_CASE("a result is its value or its error") {
  Result<std::string> good = std::string("value");
  REQUIRE(good);
  CHECK(*good == "value");
  CHECK(good->size() == 5);
  CHECK(std::move(good).value() == "value");

  const Result<std::string> bad = Error{ErrorKind::missing, "why"};
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message == "why");

  const Result<void> done;
  CHECK(done.ok());
  const Result<void> failed = Error{ErrorKind::deadline, "late"};
  CHECK_FALSE(failed.ok());
  CHECK(failed.error().kind == ErrorKind::deadline);
}
