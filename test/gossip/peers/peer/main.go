// Members of a gossip ring with the settings of MetalLB's speaker (memberlist-wire.md §1), as many in one process as
// are named, driven by lines on standard input: "PEER COMMAND ARGUMENT...", where PEER is a name, or * for all.
//
//	start                take part (again, with nothing remembered)
//	join ADDRESS...      push/pull with each
//	leave                say so, as a graceful stop does; goes on listening
//	kill                 stop without a word
//	members              tell who counts
//	owners FILE          tell which of the addresses in FILE this member owns, and again after each change
//
// Everything is told on standard output, one JSON object a line.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

type object map[string]interface{}

var output sync.Mutex

func tell(line object) {
	output.Lock()
	defer output.Unlock()
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(text, '\n'))
}

// key is the original's: the first 16 octets of the secret's own text, followed by the hash of nothing.
func key(secret string) []byte {
	if secret == "" {
		return nil
	}
	empty := sha256.Sum256(nil)
	return append([]byte(secret), empty[:]...)[:16]
}

// owner is the original's election: the least hash of name and address.
func owner(members []string, address string) string {
	var winner string
	var least []byte
	for _, name := range members {
		sum := sha256.Sum256([]byte(name + "#" + address))
		if least == nil || bytes.Compare(sum[:], least) < 0 {
			winner, least = name, sum[:]
		}
	}
	return winner
}

type peer struct {
	name, host string
	port       int
	secret     string

	mutex     sync.Mutex
	list      *memberlist.Memberlist
	members   map[string]bool
	addresses []string
}

// Write takes the library's log lines.
func (p *peer) Write(line []byte) (int, error) {
	tell(object{"peer": p.name, "log": strings.TrimSpace(string(line))})
	return len(line), nil
}

func (p *peer) NotifyJoin(node *memberlist.Node)   { p.changed("join", node) }
func (p *peer) NotifyLeave(node *memberlist.Node)  { p.changed("leave", node) }
func (p *peer) NotifyUpdate(node *memberlist.Node) { p.changed("update", node) }

// The library holds its locks meanwhile, so nothing of it may be asked here.
func (p *peer) changed(event string, node *memberlist.Node) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if event == "leave" {
		delete(p.members, node.Name)
	} else {
		p.members[node.Name] = true
	}
	tell(object{"peer": p.name, "event": event, "node": node.Name, "address": node.Address()})
	p.tellOwned()
}

func (p *peer) names() []string {
	names := make([]string, 0, len(p.members))
	for name := range p.members {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (p *peer) tellOwned() {
	if p.addresses == nil {
		return
	}
	names := p.names()
	owned := []string{}
	for _, address := range p.addresses {
		if owner(names, address) == p.name {
			owned = append(owned, address)
		}
	}
	tell(object{"peer": p.name, "owns": owned})
}

func (p *peer) start() error {
	p.mutex.Lock()
	p.members = map[string]bool{}
	p.mutex.Unlock()
	config := memberlist.DefaultLANConfig()
	config.Name = p.name
	config.BindAddr = p.host
	config.BindPort = p.port
	config.AdvertisePort = p.port
	config.SecretKey = key(p.secret)
	config.Events = p
	config.Logger = log.New(p, "", 0)
	list, err := memberlist.Create(config)
	if err != nil {
		return err
	}
	p.list = list
	return nil
}

func (p *peer) obey(command string, arguments []string) (object, error) {
	switch command {
	case "start":
		return nil, p.start()
	case "join":
		count, err := p.list.Join(arguments)
		return object{"joined": count}, err
	case "leave":
		return nil, p.list.Leave(time.Second)
	case "kill":
		return nil, p.list.Shutdown()
	case "members":
		names := []string{}
		for _, node := range p.list.Members() {
			names = append(names, node.Name)
		}
		sort.Strings(names)
		return object{"members": names}, nil
	case "owners":
		text, err := os.ReadFile(arguments[0])
		if err != nil {
			return nil, err
		}
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.addresses = strings.Fields(string(text))
		p.tellOwned()
		return nil, nil
	}
	return nil, fmt.Errorf("no such command: %s", command)
}

func (p *peer) answer(command string, arguments []string) {
	answer, err := p.obey(command, arguments)
	if answer == nil {
		answer = object{}
	}
	answer["peer"] = p.name
	answer["done"] = command
	if err != nil {
		answer["error"] = err.Error()
	}
	tell(answer)
}

// flags that may be given again and again
type repeated []string

func (r *repeated) String() string         { return strings.Join(*r, " ") }
func (r *repeated) Set(value string) error { *r = append(*r, value); return nil }

func main() {
	var wanted repeated
	flag.Var(&wanted, "peer", "NAME@ADDRESS:PORT of one member; may be repeated")
	secret := flag.String("secret", "", "as METALLB_ML_SECRET_KEY; empty: no encryption")
	flag.Parse()

	peers := map[string]*peer{}
	for _, each := range wanted {
		parts := strings.SplitN(each, "@", 2)
		host, service, err := net.SplitHostPort(parts[1])
		if err != nil {
			log.Fatal(err)
		}
		port, err := strconv.Atoi(service)
		if err != nil {
			log.Fatal(err)
		}
		peers[parts[0]] = &peer{name: parts[0], host: host, port: port, secret: *secret}
		peers[parts[0]].answer("start", nil)
	}

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 2 {
			continue
		}
		for name, each := range peers {
			if words[0] == "*" || words[0] == name {
				go each.answer(words[1], words[2:])
			}
		}
	}
}
