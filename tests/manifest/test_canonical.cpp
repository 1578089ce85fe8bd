#include <catch2/catch.hpp>

#include <functional>
#include <set>

#include "manifest/canonical.hpp"
#include "model/secret.hpp"

using namespace plimsoll;
using manifest::canonical_fields;
using manifest::spec_digest;

namespace {

struct Mutation {
  const char* name;
  std::function<void(ServiceSpec&)> apply;
};

ServiceSpec base() {
  ServiceSpec spec;
  spec.name = "api";
  spec.image = "registry.example.org/acme/api:1.4.2";
  spec.mounts.resize(1);
  spec.mounts[0].target = "/data";
  spec.networks = {{"dev-backend_default"}};
  spec.healthcheck.emplace();
  return spec;
}

Mount& mount(ServiceSpec& spec) { return spec.mounts[0]; }
NetworkAttachment& network(ServiceSpec& spec) { return spec.networks[0]; }
HealthCheck& check(ServiceSpec& spec) { return *spec.healthcheck; }

/// One line for each field of ServiceSpec and of what it is made of: a field that is added there belongs here.
const std::vector<Mutation> kMutations{
    {"image", [](auto& s) { s.image = "registry.example.org/acme/api:1.4.3"; }},
    {"platform", [](auto& s) { s.platform = "linux/arm64"; }},
    {"container_name", [](auto& s) { s.container_name = "api"; }},
    {"command", [](auto& s) { s.command = {"run"}; }},
    {"command empty", [](auto& s) { s.command.emplace(); }},
    {"entrypoint", [](auto& s) { s.entrypoint = {"run"}; }},
    {"entrypoint empty", [](auto& s) { s.entrypoint.emplace(); }},
    {"environment", [](auto& s) { s.environment["A"] = "b"; }},
    {"environment empty", [](auto& s) { s.environment["A"] = ""; }},
    {"environment unset", [](auto& s) { s.environment["A"] = std::nullopt; }},
    {"environment secret", [](auto& s) { s.environment["A"] = secret_token("A", "0123"); }},
    {"environment other secret", [](auto& s) { s.environment["A"] = secret_token("A", "4567"); }},
    {"working_dir", [](auto& s) { s.working_dir = "/app"; }},
    {"user", [](auto& s) { s.user = "1000"; }},
    {"hostname", [](auto& s) { s.hostname = "h"; }},
    {"domainname", [](auto& s) { s.domainname = "d"; }},
    {"stop_signal", [](auto& s) { s.stop_signal = "SIGINT"; }},
    {"init", [](auto& s) { s.init = true; }},
    {"init false", [](auto& s) { s.init = false; }},
    {"tty", [](auto& s) { s.tty = true; }},
    {"stdin_open", [](auto& s) { s.stdin_open = true; }},
    {"read_only", [](auto& s) { s.read_only = true; }},
    {"privileged", [](auto& s) { s.privileged = true; }},
    {"stop_grace_period", [](auto& s) { s.stop_grace_period = Millis{1500}; }},
    {"labels", [](auto& s) { s.labels["a"] = "b"; }},
    {"annotations", [](auto& s) { s.annotations["a"] = "b"; }},
    {"healthcheck.test",
     [](auto& s) {
       check(s).test = {"CMD", "true"};
     }},
    {"healthcheck.interval", [](auto& s) { check(s).interval = Millis{1}; }},
    {"healthcheck.timeout", [](auto& s) { check(s).timeout = Millis{1}; }},
    {"healthcheck.start_period", [](auto& s) { check(s).start_period = Millis{1}; }},
    {"healthcheck.start_interval", [](auto& s) { check(s).start_interval = Millis{1}; }},
    {"healthcheck.retries", [](auto& s) { check(s).retries = 3; }},
    {"port",
     [](auto& s) {
       s.ports = {{"", "8080", 80}};
     }},
    {"port any",
     [](auto& s) {
       s.ports = {{"", "", 80}};
     }},
    {"port address",
     [](auto& s) {
       s.ports = {{"127.0.0.1", "8080", 80}};
     }},
    {"port address 6",
     [](auto& s) {
       s.ports = {{"::1", "8080", 80}};
     }},
    {"port protocol",
     [](auto& s) {
       s.ports = {{"", "8080", 80, "udp"}};
     }},
    {"port target",
     [](auto& s) {
       s.ports = {{"", "8080", 81}};
     }},
    {"expose",
     [](auto& s) {
       s.ports = {{"", "", 80, "tcp", false}};
     }},
    {"mount.type", [](auto& s) { mount(s).type = Mount::Type::tmpfs; }},
    {"mount.source", [](auto& s) { mount(s).source = "data"; }},
    {"mount.target", [](auto& s) { mount(s).target = "/other"; }},
    {"mount.read_only", [](auto& s) { mount(s).read_only = true; }},
    {"mount.propagation", [](auto& s) { mount(s).propagation = "rshared"; }},
    {"mount.selinux", [](auto& s) { mount(s).selinux = "z"; }},
    {"mount bind", [](auto& s) { mount(s).type = Mount::Type::bind; }},
    {"mount.create_host_path",
     [](auto& s) {
       mount(s).type = Mount::Type::bind;
       mount(s).create_host_path = false;
     }},
    {"mount.no_copy", [](auto& s) { mount(s).no_copy = true; }},
    {"mount.subpath", [](auto& s) { mount(s).subpath = "a"; }},
    {"mount.tmpfs_size", [](auto& s) { mount(s).tmpfs_size = 1; }},
    {"mount.tmpfs_mode", [](auto& s) { mount(s).tmpfs_mode = 0; }},
    {"mount.digest", [](auto& s) { mount(s).digest = "abc"; }},
    {"mount added", [](auto& s) { s.mounts.push_back(Mount{}); }},
    {"tmpfs", [](auto& s) { s.tmpfs["/tmp"] = ""; }},
    {"tmpfs options", [](auto& s) { s.tmpfs["/tmp"] = "size=1m"; }},
    {"network", [](auto& s) { network(s).network = "dev_edge"; }},
    {"network.aliases", [](auto& s) { network(s).aliases = {"a"}; }},
    {"network.ipv4", [](auto& s) { network(s).ipv4_address = "10.0.0.1"; }},
    {"network.ipv6", [](auto& s) { network(s).ipv6_address = "fd00::1"; }},
    {"network.mac", [](auto& s) { network(s).mac_address = "02:00:00:00:00:01"; }},
    {"network.priority", [](auto& s) { network(s).priority = 1; }},
    {"network.driver_opts", [](auto& s) { network(s).driver_opts["a"] = "b"; }},
    {"network added", [](auto& s) { s.networks.push_back({"dev_edge"}); }},
    {"network_mode", [](auto& s) { s.network_mode = "host"; }},
    {"pid", [](auto& s) { s.pid = "host"; }},
    {"ipc", [](auto& s) { s.ipc = "host"; }},
    {"uts", [](auto& s) { s.uts = "host"; }},
    {"userns_mode", [](auto& s) { s.userns_mode = "host"; }},
    {"cgroup", [](auto& s) { s.cgroup = "host"; }},
    {"runtime", [](auto& s) { s.runtime = "runsc"; }},
    {"restart", [](auto& s) { s.restart = {"always"}; }},
    {"restart on-failure", [](auto& s) { s.restart = {"on-failure"}; }},
    {"restart on-failure:3",
     [](auto& s) {
       s.restart = {"on-failure", 3};
     }},
    {"memory", [](auto& s) { s.resources.memory = 1; }},
    {"memory_reservation", [](auto& s) { s.resources.memory_reservation = 1; }},
    {"memory_swap", [](auto& s) { s.resources.memory_swap = -1; }},
    {"nano_cpus", [](auto& s) { s.resources.nano_cpus = 1; }},
    {"pids_limit", [](auto& s) { s.resources.pids_limit = 1; }},
    {"shm_size", [](auto& s) { s.shm_size = 1; }},
    {"cap_add", [](auto& s) { s.cap_add = {"NET_ADMIN"}; }},
    {"cap_drop", [](auto& s) { s.cap_drop = {"NET_ADMIN"}; }},
    {"security_opt", [](auto& s) { s.security_opt = {"no-new-privileges:true"}; }},
    {"dns", [](auto& s) { s.dns = {"1.1.1.1"}; }},
    {"dns_opt", [](auto& s) { s.dns_opt = {"ndots:1"}; }},
    {"dns_search", [](auto& s) { s.dns_search = {"example.org"}; }},
    {"group_add", [](auto& s) { s.group_add = {"docker"}; }},
    {"device_cgroup_rules", [](auto& s) { s.device_cgroup_rules = {"c 1:3 mr"}; }},
    {"extra_hosts", [](auto& s) { s.extra_hosts = {"a:10.0.0.1"}; }},
    {"sysctls", [](auto& s) { s.sysctls["net.core.somaxconn"] = "1024"; }},
    {"ulimits",
     [](auto& s) {
       s.ulimits = {{"nofile", 1, 2}};
     }},
    {"ulimits hard",
     [](auto& s) {
       s.ulimits = {{"nofile", 1, 3}};
     }},
    {"devices",
     [](auto& s) {
       s.devices = {{"/dev/a", "/dev/a", "rwm"}};
     }},
    {"devices host",
     [](auto& s) {
       s.devices = {{"/dev/b", "/dev/a", "rwm"}};
     }},
    {"devices permissions",
     [](auto& s) {
       s.devices = {{"/dev/a", "/dev/a", "r"}};
     }},
    {"device_requests",
     [](auto& s) {
       s.device_requests = {{"", -1, {}, {"gpu"}, {}}};
     }},
    {"device_requests driver",
     [](auto& s) {
       s.device_requests = {{"nvidia", -1, {}, {"gpu"}, {}}};
     }},
    {"device_requests count",
     [](auto& s) {
       s.device_requests = {{"", 2, {}, {"gpu"}, {}}};
     }},
    {"device_requests ids",
     [](auto& s) {
       s.device_requests = {{"", 0, {"0"}, {"gpu"}, {}}};
     }},
    {"device_requests capabilities",
     [](auto& s) {
       s.device_requests = {{"", -1, {}, {"tpu"}, {}}};
     }},
    {"device_requests options",
     [](auto& s) {
       s.device_requests = {{"", -1, {}, {"gpu"}, {{"a", "b"}}}};
     }},
    {"logging.driver", [](auto& s) { s.logging.driver = "local"; }},
    {"logging.options", [](auto& s) { s.logging.options["max-size"] = "1m"; }},
    {"oom_score_adj", [](auto& s) { s.oom_score_adj = 0; }},
};

}  // namespace

TEST_CASE("every field of a service that makes a difference to its container changes its digest") {
  std::map<std::string, std::string> seen{{spec_digest(canonical_fields(base())), "base"}};
  for (const Mutation& mutation : kMutations) {
    ServiceSpec spec = base();
    mutation.apply(spec);
    const auto [earlier, is_new] = seen.emplace(spec_digest(canonical_fields(spec)), mutation.name);
    INFO(mutation.name << " has the digest of " << earlier->second);
    CHECK(is_new);
  }
}

TEST_CASE("what does not change a container does not change its digest") {
  ServiceSpec spec = base();
  spec.pull_policy = "always";
  spec.follow_tag = true;
  spec.name = "renamed";
  CHECK(spec_digest(canonical_fields(spec)) == spec_digest(canonical_fields(base())));
}

TEST_CASE("order without meaning does not change a digest") {
  ServiceSpec one = base(), two = base();
  one.ports = {{"", "81", 81}, {"", "80", 80}};
  two.ports = {{"", "80", 80}, {"", "81", 81}};
  one.cap_add = {"A", "B"};
  two.cap_add = {"B", "A"};
  one.extra_hosts = {"a:1.1.1.1", "b:1.1.1.1"};
  two.extra_hosts = {"b:1.1.1.1", "a:1.1.1.1"};
  CHECK(spec_digest(canonical_fields(one)) == spec_digest(canonical_fields(two)));
}

TEST_CASE("the source of repository files does not count, their content does") {
  ServiceSpec one = base(), two = base();
  one.mounts[0].type = two.mounts[0].type = Mount::Type::repository;
  one.mounts[0].digest = two.mounts[0].digest = "abc";
  one.mounts[0].source = "apps/a/x";
  two.mounts[0].source = "apps/b/x";
  CHECK(spec_digest(canonical_fields(one)) == spec_digest(canonical_fields(two)));
}

TEST_CASE("defaults are left out of the canonical form") {
  ServiceSpec spec;
  spec.image = "a:1";
  CHECK(canonical_fields(spec) == Fields{{"image", "a:1"}});
}

TEST_CASE("v1 digests are pinned: a release that changes them would recreate every container in the world") {
  ServiceSpec spec;
  spec.image = "a:1";
  CHECK(spec_digest({}) == "v1:2a9394a537fc1096c76d959fb5e646307f47f3fbcb6ab76b3ecc8c70deda6fbf");
  CHECK(spec_digest(canonical_fields(spec)) == "v1:6fa98afdb4f9c0b94a0d5885734b9ca5d98b08510974507f834062f494ce662d");
  ServiceSpec rich = base();
  std::set<std::string> skipped{"command empty", "entrypoint empty", "environment unset", "environment secret",
                                "mount bind",    "mount added",      "network added",     "network_mode"};
  for (const Mutation& mutation : kMutations) {
    if (!skipped.contains(mutation.name)) mutation.apply(rich);
  }
  CHECK(spec_digest(canonical_fields(rich)) == "v1:3c1080d758adc864ad859683e91be9173a2c739496155ac93ed3b5520bbfc59f");
}

TEST_CASE("digests of repository files are pinned with v1, being part of it") {
  const auto text = [](const char* bytes) { return std::make_shared<const std::string>(bytes); };
  CHECK(manifest::files_digest({{"a", text("x")}, {"b/c", text("y"), 0755, 1, 2}}) ==
        "336f7863e2ef0cc6e2776055986cd4109f7116179431f78e776c094891ee751f");
}

TEST_CASE("the canonical form has the documented names") {
  ServiceSpec spec;
  spec.image = "a:1";
  spec.command.emplace();
  spec.entrypoint = {"run", "it"};
  spec.environment = {{"A", "b"}, {"C", std::nullopt}};
  spec.ports = {{"127.0.0.1", "8080", 80}, {"", "", 53, "udp", false}};
  spec.networks = {{"dev_edge", {"x"}}};
  spec.healthcheck.emplace().interval = Millis{5000};
  CHECK(canonical_fields(spec) == Fields{{"image", "a:1"},
                                         {"command", "[]"},
                                         {"entrypoint[0]", "run"},
                                         {"entrypoint[1]", "it"},
                                         {"environment.A", "b"},
                                         {"environment_unset.C", ""},
                                         {"ports[0]", "127.0.0.1:8080:80/tcp"},
                                         {"expose[0]", "53/udp"},
                                         {"networks.dev_edge", ""},
                                         {"networks.dev_edge.aliases[0]", "x"},
                                         {"healthcheck.interval", "5000ms"}});
}

TEST_CASE("every part of a network changes its digest") {
  const std::vector<std::function<void(NetworkSpec&)>> mutations{
      [](auto& n) { n.name = "b"; },
      [](auto& n) { n.external = true; },
      [](auto& n) { n.shared = true; },
      [](auto& n) { n.driver = "overlay"; },
      [](auto& n) { n.driver_opts["a"]; },
      [](auto& n) { n.internal = true; },
      [](auto& n) { n.attachable = true; },
      [](auto& n) { n.enable_ipv6 = true; },
      [](auto& n) { n.ipam_driver = "x"; },
      [](auto& n) { n.labels["a"] = "b"; },
      [](auto& n) {
        n.pools = {{"10.0.0.0/8", "", "", {}}};
      },
      [](auto& n) {
        n.pools = {{"10.0.0.0/8", "10.0.0.1", "", {}}};
      },
      [](auto& n) {
        n.pools = {{"10.0.0.0/8", "", "10.1.0.0/16", {}}};
      },
      [](auto& n) {
        n.pools = {{"10.0.0.0/8", "", "", {{"a", "10.0.0.9"}}}};
      },
  };
  NetworkSpec plain;
  plain.name = "a";
  std::set<std::string> seen{spec_digest(canonical_fields(plain))};
  for (const auto& mutate : mutations) {
    NetworkSpec network = plain;
    mutate(network);
    CHECK(seen.insert(spec_digest(canonical_fields(network))).second);
  }
}

TEST_CASE("a repository mount's digest covers names, modes, owners and contents") {
  const auto text = [](const char* bytes) { return std::make_shared<const std::string>(bytes); };
  const std::vector<std::vector<RepositoryFile>> variants{
      {},
      {{"", text("a")}},
      {{"", text("b")}},
      {{"x", text("a")}},
      {{"", text("a"), 0755}},
      {{"", text("a"), 0644, 1}},
      {{"", text("a"), 0644, 0, 1}},
      {{"a", text("")}, {"b", text("")}},
      {{"ab", text("")}},
  };
  std::set<std::string> seen;
  for (const auto& files : variants) CHECK(seen.insert(manifest::files_digest(files)).second);
}
