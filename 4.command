connaudit samples/request-crossed-*.pcap samples/five-*.pcapng samples/heads-cut-*.pcap samples/idle-*.pcap > /dev/null
