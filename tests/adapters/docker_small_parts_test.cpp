#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "adapters/docker/engine_api.hpp"
#include "adapters/docker/engine_endpoint.hpp"
#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/engine_event_json.hpp"
#include "adapters/docker/log_frames.hpp"
#include "adapters/docker/neighbour_flush.hpp"
#include "adapters/docker/pull_stream.hpp"
#include "adapters/docker/registry_credentials.hpp"
#include "adapters/docker/tar_writer.hpp"
#include "adapters/git/base64.hpp"
#include "adapters/temporary_directory.hpp"

using namespace plimsoll;
using namespace plimsoll::adapters;

TEST_CASE("engine addresses are parsed, and bad ones say what to write") {
  const auto local = parse_engine_endpoint("unix:///run/docker.sock");
  REQUIRE(local.ok());
  CHECK(local->local);
  CHECK(local->http.unix_socket == "/run/docker.sock");
  const auto plain = parse_engine_endpoint("tcp://10.0.0.1:2375");
  REQUIRE(plain.ok());
  CHECK_FALSE(plain->local);
  CHECK(plain->http.base_url == "http://10.0.0.1:2375");
  const auto tls = parse_engine_endpoint("tcp://[fd00::1]:2376", {"ca.pem", "cert.pem", "key.pem"});
  REQUIRE(tls.ok());
  CHECK(tls->http.base_url == "https://[fd00::1]:2376");
  CHECK(tls->http.ca_file == "ca.pem");
  CHECK(tls->http.key_file == "key.pem");
  for (const std::string url : {"unix://relative", "unix://", "tcp://host", "tcp://:1", "tcp://user@host:1",
                                "http://h:1", "ssh://deploy@host", "tcp://host:1\n", "", "tcp://host:http"}) {
    INFO(url);
    const auto refused = parse_engine_endpoint(url);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::rejected);
  }
  CHECK_THAT(parse_engine_endpoint("ssh://deploy@host").error().message, Catch::Contains("not yet supported"));
}

TEST_CASE("an engine of another machine is reached in the clear unless TLS is used") {
  struct Row {
    std::string url, plain;
  };
  const auto row = GENERATE(values<Row>({{"unix:///run/docker.sock", ""},
                                         {"tcp://127.0.0.1:2375", ""},
                                         {"tcp://127.8.9.1:2375", ""},
                                         {"tcp://localhost:2375", ""},
                                         {"tcp://[::1]:2375", ""},
                                         {"tcp://10.0.1.10:2375", "10.0.1.10:2375"},
                                         {"tcp://10.0.1.10:2375/x", "10.0.1.10:2375"},
                                         {"tcp://0.0.0.0:2375", "0.0.0.0:2375"},
                                         {"tcp://[::2]:2375", "[::2]:2375"},
                                         {"tcp://::1:2375", "::1:2375"},
                                         {"tcp://localhost.evil.org:2375", "localhost.evil.org:2375"},
                                         {"tcp://127.0.0.1.evil.org:2375", "127.0.0.1.evil.org:2375"},
                                         {"tcp://127.1:2375", "127.1:2375"},
                                         {"tcp://evil.org?127.0.0.1:2375", "evil.org?127.0.0.1:2375"},
                                         {"tcp://evil.org#localhost:2375", "evil.org#localhost:2375"}}));
  CAPTURE(row.url);
  CHECK(parse_engine_endpoint(row.url)->plain_address == row.plain);
  CHECK(parse_engine_endpoint(row.url, {"ca", "", ""})->plain_address.empty());
}

TEST_CASE("what a registry says is told apart by what can be done about it") {
  struct Row {
    const char* message;
    ErrorKind kind;
  };
  for (const Row& row :
       {Row{"manifest for r/a:1 not found: manifest unknown: manifest unknown", ErrorKind::missing},
        Row{"manifest unknown", ErrorKind::missing},
        Row{"repository name not known to registry: name unknown", ErrorKind::missing},
        Row{"pull access denied for a, repository does not exist or may require 'docker login': denied",
            ErrorKind::unauthorized},
        Row{"unauthorized: authentication required", ErrorKind::unauthorized},
        Row{"no basic auth credentials", ErrorKind::unauthorized},
        Row{"toomanyrequests: You have reached your pull rate limit", ErrorKind::transient},
        Row{"received unexpected HTTP status: 502 Bad Gateway", ErrorKind::transient},
        Row{"Get \"https://r/v2/\": dial tcp: lookup r: no such host", ErrorKind::transient},
        Row{"Get \"http://r/v2/\": dial tcp 10.0.0.1:80: connect: connection refused", ErrorKind::transient},
        Row{"net/http: TLS handshake timeout", ErrorKind::transient},
        Row{"write /var/lib/docker/tmp/x: no space left on device", ErrorKind::transient},
        Row{"no matching manifest for linux/arm64/v8 in the manifest list entries", ErrorKind::rejected},
        Row{"unexpected status from HEAD request to https://r/v2/a/manifests/1: 403 Forbidden",
            ErrorKind::unauthorized},
        Row{"failed to fetch anonymous token: unexpected status from GET request to https://r/token: 403 Forbidden",
            ErrorKind::unauthorized},
        Row{"your authorization token has expired. Reauthenticate and try again.", ErrorKind::unauthorized},
        Row{"Rate exceeded", ErrorKind::transient}, Row{"something new", ErrorKind::transient}}) {
    INFO(row.message);
    const auto error = registry_error("r/a:1", row.message);
    CHECK(error.kind == row.kind);
    CHECK_THAT(error.message, Catch::Contains("r/a:1") && Catch::Contains(row.message));
  }
  CHECK(registry_error("a", "429 Too Many Requests").retry_after.has_value());
}

TEST_CASE("what an engine says is told apart by status and words") {
  const auto reply = [](int status, const std::string& message) {
    return HttpResponse{status, {}, boost::json::serialize(boost::json::object{{"message", message}})};
  };
  CHECK(engine_error("x", reply(400, "bad")).kind == ErrorKind::rejected);
  CHECK(engine_error("x", reply(401, "no")).kind == ErrorKind::unauthorized);
  CHECK(engine_error("x", reply(404, "gone")).kind == ErrorKind::transient);
  CHECK(engine_error("x", reply(409, "taken")).kind == ErrorKind::conflict);
  CHECK(engine_error("x", reply(409, "container is marked for removal and cannot be started")).kind ==
        ErrorKind::transient);
  CHECK(engine_error("x", reply(500, "oops")).kind == ErrorKind::transient);
  CHECK(engine_error("x", reply(403, "authorization denied by plugin p: no")).kind == ErrorKind::unauthorized);
  CHECK(engine_error("x", reply(403, "Pool overlaps with other one on this address space")).kind ==
        ErrorKind::conflict);
  CHECK(engine_error("x", reply(403, "endpoint with name dev-web-api-1 already exists in network edge")).kind ==
        ErrorKind::transient);
  CHECK(engine_error("x", reply(409, "cannot join network of a non running container: 12ab")).kind ==
        ErrorKind::transient);
  CHECK(engine_error("x", reply(409, "Container 12ab is restarting, wait until the container is running")).kind ==
        ErrorKind::transient);
  CHECK(engine_error("start", reply(500, "oops")).message == "start: oops");
  for (const std::string taken :
       {"driver failed programming external connectivity on endpoint e (1): Bind for 0.0.0.0:8080 failed: port is "
        "already allocated",
        "driver failed: Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use"}) {
    const auto error = engine_error("start", reply(500, taken));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK_THAT(error.message, Catch::Contains("host port 0.0.0.0:8080 is taken"));
  }
  const auto fixed = engine_error("start", reply(403, "Address already in use"));
  CHECK(fixed.kind == ErrorKind::conflict);
  CHECK_THAT(fixed.message, !Catch::Contains("host port"));
  for (const int status : {400, 404})
    for (const std::string full :
         {"all predefined address pools have been fully subnetted",
          "could not find an available, non-overlapping IPv4 address pool among the defaults"}) {
      const auto error = engine_error("create network n", reply(status, full));
      CHECK(error.kind == ErrorKind::transient);
      CHECK_THAT(error.message, Catch::Contains("remove networks") && !Catch::Contains("vanished"));
    }
  CHECK(engine_message({502, {}, "<html>"}) == "<html>");
  CHECK(engine_message({502, {}, ""}) == "status 502");
}

TEST_CASE("a pull's stream gives progress, digest and the failure that hides behind status 200") {
  PullStream stream;
  const std::string text = R"({"status":"Pulling from a","id":"1"})"
                           "\r\n"
                           R"({"status":"Downloading","progressDetail":{"current":10,"total":100},"id":"l1"})"
                           "\r\n"
                           R"({"status":"Downloading","progressDetail":{"current":5,"total":50},"id":"l2"})"
                           "\r\n"
                           R"({"status":"Downloading","progressDetail":{"current":100,"total":100},"id":"l1"})"
                           "\r\n"
                           R"({"status":"Digest: sha256:abc"})"
                           "\r\n";
  for (std::size_t at = 0; at < text.size(); at += 7) stream.feed(std::string_view(text).substr(at, 7));
  CHECK(stream.current_bytes() == 105);
  CHECK(stream.total_bytes() == 150);
  CHECK(stream.digest() == "sha256:abc");
  CHECK_FALSE(stream.failure().has_value());
  stream.feed(R"({"errorDetail":{"message":"boom"},"error":"boom"})");
  CHECK(stream.failure() == "boom");
  PullStream odd;
  odd.feed("not json\n[1]\n{\"error\":\"old style\"}\n");
  CHECK(odd.failure() == "old style");
}

TEST_CASE("log frames are taken off, and bytes without frames stay") {
  const auto frame = [](char stream, const std::string& text) {
    return std::string{stream, 0, 0, 0, 0, 0, 0, static_cast<char>(text.size())} + text;
  };
  CHECK(log_text(frame(1, "out\n") + frame(2, "err\n")) == "out\nerr\n");
  CHECK(log_text("plain\r\n") == "plain\r\n");
  CHECK(log_text(frame(1, "whole").substr(0, 11)) == "who");
  CHECK(log_text("").empty());
}

TEST_CASE("an owner that the fields of a tar header cannot hold stands in a pax header before it") {
  TarWriter tar;
  tar.add_file("largest", "", {0644, 2097151, 2097151});
  tar.add_file("f", "", {0644, 2097152, 2147483647});
  const std::string bytes = tar.finish();
  CHECK(bytes.substr(108, 15) == std::string("7777777\0007777777", 15));
  CHECK(bytes.substr(512, 4) == std::string("pax\0", 4));
  CHECK(bytes[512 + 156] == 'x');
  CHECK(bytes.substr(1024, 34) == std::string("15 uid=2097152\n18 gid=2147483647\n\0", 34));
}

TEST_CASE("a tar archive has modes, owners, long names and the same bytes every time") {
  const auto write = [] {
    TarWriter tar(1700000000);
    tar.add_directory("d");
    tar.add_file("d/file", "content", {0640, 65534, 7});
    tar.add_file(std::string(150, 'n') + "/x", "", {});
    return tar.finish();
  };
  const std::string bytes = write();
  CHECK(bytes == write());
  CHECK(bytes.size() % 512 == 0);
  CHECK(bytes.substr(0, 3) == std::string("d/\0", 3));
  CHECK(bytes[156] == '5');
  const std::string second = bytes.substr(512, 512);
  CHECK(second.substr(0, 7) == std::string("d/file\0", 7));
  CHECK(second.substr(100, 8) == std::string("0000640\0", 8));
  CHECK(second.substr(108, 8) == std::string("0177776\0", 8));
  CHECK(second.substr(124, 12) == std::string("00000000007\0", 12));
  CHECK(second.substr(257, 8) == std::string("ustar\0"
                                             "00",
                                             8));
  unsigned sum = 8 * ' ';
  for (std::size_t at = 0; at < 512; ++at)
    if (at < 148 || at >= 156) sum += static_cast<unsigned char>(second[at]);
  CHECK(std::stoul(second.substr(148, 6), nullptr, 8) == sum);
  CHECK(bytes.substr(1024, 7) == "content");
  CHECK_THAT(bytes, Catch::Contains("162 path=" + std::string(150, 'n') + "/x\n"));
}

TEST_CASE("registry credentials are sent to their own host only, in the engine's form") {
  test::TemporaryDirectory directory;
  const auto path = directory.write("password", "pä?>ss\n");
  RegistryCredentials credentials;
  credentials["ghcr.io"] = registry_credential_from_file("acme", path);
  credentials["docker.io"] = registry_credential_from_file("hub", path);
  credentials["broken.io"] = registry_credential_from_file("x", directory.path("absent"));
  CHECK(registry_auth_header(credentials, "other.io")->empty());
  const auto decoded = [](std::string text) {
    CHECK(text.find_first_of("+/") == std::string::npos);
    CHECK(text.size() % 4 == 0);
    for (auto& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    return boost::json::parse(*base64_decode(text)).as_object();
  };
  const auto own = decoded(*registry_auth_header(credentials, "ghcr.io"));
  CHECK(own.at("username") == "acme");
  CHECK(own.at("password") == "pä?>ss");
  CHECK(own.at("serveraddress") == "ghcr.io");
  CHECK(decoded(*registry_auth_header(credentials, "docker.io")).at("serveraddress") == "https://index.docker.io/v1/");
  const auto broken = registry_auth_header(credentials, "broken.io");
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.error().kind == ErrorKind::rejected);
  directory.write("password", "rotated");
  CHECK(decoded(*registry_auth_header(credentials, "ghcr.io")).at("password") == "rotated");
}

TEST_CASE("the API version is the older of ours and theirs") {
  const auto ping = [](std::map<std::string, std::string> headers) {
    return engine_identity({200, std::move(headers), ""});
  };
  const auto docker = ping({{"api-version", "1.41"}, {"server", "Docker/20.10.24 (linux)"}});
  CHECK(docker.version == ApiVersion{1, 41});
  CHECK(docker.product == "Docker 20.10.24");
  CHECK_FALSE(docker.podman);
  CHECK(ping({{"api-version", "1.55"}}).version == kOurApiVersion);
  CHECK(ping({}).version == ApiVersion{1, 41});
  const auto podman =
      ping({{"api-version", "1.41"}, {"libpod-api-version", "4.3.1"}, {"server", "Libpod/4.3.1 (linux)"}});
  CHECK(podman.podman);
  CHECK(podman.product == "Podman 4.3.1");
}

TEST_CASE("events of Docker and Podman read alike, and noise is left out") {
  const std::string attributes =
      R"("Actor":{"ID":"c1","Attributes":{"io.plimsoll.environment":"dev","io.plimsoll.app":"web"}})";
  const auto event = parse_engine_event(R"({"Type":"container","Action":"die",)" + attributes + "}", "i1");
  REQUIRE(event.has_value());
  CHECK(event->instance == "i1");
  CHECK(event->environment == "dev");
  CHECK(event->app == "web");
  CHECK(event->container_id == "c1");
  CHECK(event->action == "die");
  const auto docker =
      parse_engine_event(R"({"Type":"container","Action":"health_status: healthy",)" + attributes + "}", "i");
  const auto podman = parse_engine_event(
      R"({"Type":"container","Action":"health_status","HealthStatus":"healthy",)" + attributes + "}", "i");
  REQUIRE((docker && podman));
  CHECK(docker->action == "health_status: healthy");
  CHECK(podman->action == docker->action);
  CHECK_FALSE(parse_engine_event(R"({"Type":"container","Action":"exec_start: true",)" + attributes + "}", "i"));
  CHECK_FALSE(parse_engine_event(R"({"Type":"network","Action":"create"})", "i"));
  CHECK_FALSE(parse_engine_event("{", "i"));
  CHECK_THAT(events_path("1.41", "acme", false),
             Catch::StartsWith("/v1.41/events?filters=%7B") && Catch::Contains("health_status"));
  CHECK_THAT(events_path("1.41", "acme", true), !Catch::Contains("health_status"));
}

TEST_CASE("flushing neighbours of addresses that nobody asked for does nothing") {
  CHECK(flush_neighbours({}) == 0);
  CHECK(flush_neighbours({"not an address", "192.0.2.1"}) == 0);
}
