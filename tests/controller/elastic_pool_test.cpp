#include "controller/elastic_pool.hpp"

#include <pthread.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>
#include <vector>

using plimsoll::controller::ElasticPool;

TEST_CASE("a pool runs everything that was posted before it is finished") {
  std::atomic<int> done{0};
  {
    ElasticPool pool(3);
    for (int i = 0; i < 200; ++i) (void)pool.post([&done] { ++done; });
    pool.finish();
  }
  CHECK(done == 200);
}

TEST_CASE("a task that blocks keeps no other waiting while there are threads left") {
  ElasticPool pool(2);
  std::promise<void> release;
  auto released = release.get_future();
  (void)pool.post([&released] { released.wait(); });
  std::promise<void> ran;
  (void)pool.post([&ran] { ran.set_value(); });
  // Would never return if the second task waited for the first.
  ran.get_future().wait();
  release.set_value();
  pool.finish();
  SUCCEED();
}

TEST_CASE("a pool never uses more threads than it may") {
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  ElasticPool pool(3);
  for (int i = 0; i < 60; ++i) {
    (void)pool.post([&] {
      const int now = ++running;
      int seen = most.load();
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      std::this_thread::yield();
      --running;
    });
  }
  pool.finish();
  CHECK(most <= 3);
  CHECK(most >= 1);
}

TEST_CASE("one thread keeps the order") {
  std::vector<int> order;
  ElasticPool pool(1);
  for (int i = 0; i < 50; ++i) (void)pool.post([&order, i] { order.push_back(i); });
  pool.finish();
  REQUIRE(order.size() == 50);
  for (int i = 0; i < 50; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("nothing runs after stop, and stop drops what has not begun") {
  std::atomic<int> done{0};
  std::promise<void> entered;
  std::promise<void> release;
  auto released = release.get_future();
  ElasticPool pool(1);
  (void)pool.post([&] {
    entered.set_value();
    released.wait();
  });
  entered.get_future().wait();
  (void)pool.post([&done] { ++done; });
  std::thread stopper([&pool] { pool.stop(); });
  release.set_value();
  stopper.join();
  (void)pool.post([&done] { ++done; });
  CHECK(done <= 1);  // the queued one may have begun before stop dropped it, the later one never
}

TEST_CASE("a task that throws takes nothing with it") {
  std::atomic<int> done{0};
  ElasticPool pool(2);
  for (int i = 0; i < 20; ++i) {
    (void)pool.post([] { throw std::runtime_error("no"); });
    (void)pool.post([] { throw 7; });
    (void)pool.post([&done] { ++done; });
  }
  pool.finish();
  CHECK(done == 20);
}

TEST_CASE("when no thread can be started the task is refused, waits for one that runs, and the pool stays whole") {
  pthread_attr_t before;
  pthread_attr_t huge;
  REQUIRE(pthread_getattr_default_np(&before) == 0);
  REQUIRE(pthread_getattr_default_np(&huge) == 0);
  REQUIRE(pthread_attr_setstacksize(&huge, std::size_t{1} << 47U) == 0);
  std::atomic<int> done{0};
  {
    ElasticPool pool(3);
    REQUIRE(pthread_setattr_default_np(&huge) == 0);
    const auto refused = pool.post([&done] { ++done; });
    REQUIRE(pthread_setattr_default_np(&before) == 0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == plimsoll::ErrorKind::transient);

    std::promise<void> release;
    auto released = release.get_future();
    CHECK(pool.post([&released] { released.wait(); }));
    REQUIRE(pthread_setattr_default_np(&huge) == 0);
    CHECK(pool.post([&done] { ++done; }));
    REQUIRE(pthread_setattr_default_np(&before) == 0);
    release.set_value();
    pool.finish();
  }
  CHECK(done == 1);
  pthread_attr_destroy(&before);
  pthread_attr_destroy(&huge);
}
