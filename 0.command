connaudit samples/idle-timeout-stated-and-kept.pcap samples/closed-before-the-stated-timeout.pcap samples/close-declared-but-left-open.pcap | cut -d , -f 1,16,20-21,23-24,26-27
