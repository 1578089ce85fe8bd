#include "controller/elastic_pool.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <vector>

using plimsoll::controller::ElasticPool;

TEST_CASE("a pool runs everything that was posted before it is finished") {
  std::atomic<int> done{0};
  {
    ElasticPool pool(3);
    for (int i = 0; i < 200; ++i) pool.post([&done] { ++done; });
    pool.finish();
  }
  CHECK(done == 200);
}

TEST_CASE("a task that blocks keeps no other waiting while there are threads left") {
  ElasticPool pool(2);
  std::promise<void> release;
  auto released = release.get_future();
  pool.post([&released] { released.wait(); });
  std::promise<void> ran;
  pool.post([&ran] { ran.set_value(); });
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
    pool.post([&] {
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
  for (int i = 0; i < 50; ++i) pool.post([&order, i] { order.push_back(i); });
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
  pool.post([&] {
    entered.set_value();
    released.wait();
  });
  entered.get_future().wait();
  pool.post([&done] { ++done; });
  std::thread stopper([&pool] { pool.stop(); });
  release.set_value();
  stopper.join();
  pool.post([&done] { ++done; });
  CHECK(done <= 1);  // the queued one may have begun before stop dropped it, the later one never
}
